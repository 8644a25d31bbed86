import type { LoadedConfig } from '../../config/index.ts'
import { EXIT, TosError, toTosError } from '../../errors/index.ts'
import type { AdminApi, AdminServer, ConfigView, TosNodeHandle } from '../../monitor/index.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { loadFor } from '../cli.ts'
import { addConfigFlags } from '../config-flags.ts'
import { describeEvents } from '../describe-event.ts'
import { toJsonText } from '../output.ts'
import { exitCodeOf, printError } from '../print-error.ts'
import { welcome } from '../start-text.ts'

/** Time the process has to end by itself after the node stopped; libp2p's TCP handles outlive it by 1 s. */
const LINGER_MS = 5000

/** `tosd start`: runs a node until it is told to stop. */
export const startCommand: CommandModule = (parent, cli) => {
  addConfigFlags(parent.command('start'), 'all').description('run a node until Ctrl-C; a second signal stops it at once')
    .action(async (flags: Flags) => await start(cli, flags))
}

async function start (cli: Cli, flags: Flags): Promise<void> {
  const loaded = await loadFor(cli, flags)
  const { config } = loaded
  const asked = Promise.withResolvers<string>()
  let signals = 0
  cli.takeSignals(name => {
    signals++
    if (signals > 1) process.exit(name === 'SIGINT' ? 130 : 143)
    asked.resolve(name)
  })

  const { openNode } = await import('../open-node.ts')
  const handle = await openNode(config)
  const server = await openSocket(handle, daemonApi(handle, loaded, () => asked.resolve('tosd stop')), config.adminSocket)
  const ready = { event: 'ready', ...handle.ready, adminSocket: config.adminSocket, pid: process.pid }
  await cli.out.data(ready, () => welcome(cli.self, loaded, ready))
  const describe = describeEvents(cli.out.isTerminal)
  const unsubscribe = handle.events.subscribe(event => { void cli.out.write(cli.out.json ? `${toJsonText(event)}\n` : describe(event)) })
  const why = await asked.promise
  unsubscribe()
  await shutdown(cli, why, handle, server, config.stopDeadlineMs)
}

async function openSocket (handle: TosNodeHandle, api: AdminApi, path: string): Promise<AdminServer> {
  const { serveAdmin } = await import('../../monitor/index.ts')
  try {
    return await serveAdmin(api, path)
  } catch (error) {
    await handle.stop()
    throw error
  }
}

async function shutdown (cli: Cli, why: string, handle: TosNodeHandle, server: AdminServer, deadlineMs: number): Promise<void> {
  cli.out.talk(`stopping (${why})`)
  await emit(cli, { event: 'stopping', reason: why })
  // while the node stops, its own deadline may pass; a stop() that never returns is ended here
  const watchdog = setTimeout(() => giveUp(cli, deadlineMs + LINGER_MS), deadlineMs + LINGER_MS)
  const results = await Promise.allSettled([handle.stop(), server.close()])
  clearTimeout(watchdog)
  for (const result of results) if (result.status === 'rejected') report(cli, result.reason)
  await emit(cli, { event: 'stopped' })
  // unref: it fires only when something else keeps the process alive, and then names it
  setTimeout(() => giveUp(cli, LINGER_MS), LINGER_MS).unref()
}

function daemonApi (handle: TosNodeHandle, { config, origins, file }: LoadedConfig, stop: () => void): AdminApi {
  return {
    ...handle.api,
    async config (): Promise<ConfigView> {
      const { OPTION_KEYS, shownValue } = await import('../../config/index.ts')
      return { ...(file === undefined ? {} : { file }), options: Object.fromEntries(OPTION_KEYS.map(key => [key, { value: shownValue(config, key), origin: origins[key] }])) }
    },
    async stop () {
      // the answer has to leave before the socket closes
      setImmediate(stop)
      return { stopping: true, pid: process.pid, withinMs: config.stopDeadlineMs + 2 * LINGER_MS }
    }
  }
}

async function emit (cli: Cli, event: { readonly event: string, readonly reason?: string }): Promise<void> {
  if (cli.out.json) await cli.out.data({ ...event, at: Date.now() }, () => '')
}

function report (cli: Cli, error: unknown): void {
  const failure = toTosError(error)
  process.stderr.write(printError(failure, { json: cli.out.json, words: cli.words }))
  cli.exit(exitCodeOf(failure))
}

function giveUp (cli: Cli, waitedMs: number): void {
  report(cli, new TosError('STOP_TIMEOUT', `the process did not end within ${waitedMs} ms`, { details: { open: process.getActiveResourcesInfo() } }))
  process.exit(EXIT.failed)
}
