import { setTimeout as delay } from 'node:timers/promises'
import { TosError } from '../../errors/index.ts'
import type { TosErrorOptions } from '../../errors/index.ts'
import { SHOWN } from '../../monitor/admin-api.ts'
import type { AdminApi, StatusView } from '../../monitor/index.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { daemonCommand } from '../cli.ts'
import { describeEvents } from '../describe-event.ts'
import { facts, showDuration } from '../output.ts'
import { ownCommand } from '../own-words.ts'
import { prettyJson } from '../pretty-json.ts'
import { processEnd } from '../process-end.ts'

/** How often `wait-ready` looks. */
const POLL_MS = 200
/** What a daemon gets on top of the time it says it needs to stop. */
const GRACE_MS = 2000

/** `tosd id|status|show|events|wait-ready|stop`: the running node as a whole. */
export const nodeCommands: CommandModule = (parent, cli) => {
  daemonCommand(parent, cli, 'id', 'who the node is', async api => {
    const id = await expectNode(api.id(), { hint: '`tosd key show` prints the identity of a node that does not run; `tosd start` starts it' })
    await cli.out.data(id, () => facts([
      ['peer id', id.peerId], ['node id', id.nodeId], ['network', id.network], ['genesis', id.genesis], ['agent', id.userAgent],
      ...id.addrs.map(addr => ['address', addr] as const), ...id.protocols.map(protocol => ['protocol', protocol] as const)
    ]))
  })
  daemonCommand(parent, cli, 'status', 'ready or not, why, and what to do next', async api => {
    const status = await api.status()
    await cli.out.data(status, () => renderStatus(cli, status))
  })
  const show = daemonCommand(parent, cli, 'show <what>', `internals: ${SHOWN.join(', ')}`, async (api, [name = '']) => {
    const value = await api.show({ name })
    await cli.out.data(value, () => prettyJson(value))
  })
  // for completion only: the daemon may be newer and know more
  for (const argument of show.registeredArguments) argument.argChoices = [...SHOWN]
  daemonCommand(parent, cli, 'events', 'what happens, as it happens', async api => {
    const show = describeEvents(cli.out.isTerminal)
    for await (const event of api.events({}, { signal: cli.signal })) {
      if (cli.out.json) await cli.out.data(event, () => '')
      else await cli.out.write(show(event))
    }
  })
  daemonCommand(parent, cli, 'wait-ready', 'return when the node is ready; exit 75 when it is not in time', async (api, _, flags) => await waitReady(cli, api, flags))
    .option('--timeout <time>', 'longest wait', '60s').option('--peers <n>', 'also wait for this many peers', '0').option('--height <n>', 'also wait for this height', '0')
  daemonCommand(parent, cli, 'stop', 'stop the node gracefully and wait until it is gone', async api => {
    const { pid, withinMs } = await expectNode(api.stop(), {})
    if (!await processEnd(pid, withinMs + GRACE_MS, () => answers(api), cli.signal)) throw new TosError('STOP_TIMEOUT', `process ${pid} still runs`, { details: { pid, withinMs }, hint: `kill -9 ${pid}` })
    await cli.out.data({ stopped: true, pid }, () => 'stopped')
  })
}

/** A few lines a person can act on. */
function renderStatus ({ self, target }: Cli, status: StatusView): string {
  const { peers, chain, sync } = status
  return [
    status.ready ? 'ready' : `not ready: ${status.reasons.join('; ')}`,
    facts([
      ['network', `${status.network} (${status.preset})`],
      ['peers', `${peers.connected} (${peers.inbound} in, ${peers.outbound} out)`],
      ['height', sync.state === 'syncing' ? `${chain.height} of ${sync.targetHeight ?? '?'}, syncing` : chain.height],
      ['tip', chain.hash], ['pool', `${status.mempool} transactions`], ['mining', status.mining ? 'yes' : 'no'],
      ['memory', `${Math.round(status.memory.rssBytes / 1_048_576)} MiB`], ['up', showDuration(status.uptimeMs)], ['next', status.next?.replace(/^tosd( .*)/, (_, rest: string) => ownCommand(rest, self, target))]
    ])
  ].join('\n')
}

async function waitReady (cli: Cli, api: AdminApi, flags: Flags): Promise<void> {
  const { parseDuration } = await import('../../config/index.ts')
  const timeoutMs = parseDuration(String(flags['timeout']))
  const [peers, height] = [Number(flags['peers']), Number(flags['height'])]
  if (timeoutMs === undefined || !(peers >= 0) || !(height >= 0)) throw new TosError('USAGE', 'give --timeout as a time, --peers and --height as numbers')
  const end = performance.now() + timeoutMs
  for (;;) {
    const { status, why } = await look(api)
    if (status !== undefined && status.ready && status.peers.connected >= peers && status.chain.height >= height) return await cli.out.data(status, () => renderStatus(cli, status))
    if (performance.now() >= end) {
      const seen = status === undefined ? why?.message ?? '' : [...status.reasons, `${status.peers.connected} peers`, `height ${status.chain.height}`].join(', ')
      throw new TosError('TIMEOUT', `not ready after ${showDuration(timeoutMs)}: ${seen}`, { ...(why === undefined ? {} : { cause: why }), hint: '`tosd status` tells why; raise --timeout' })
    }
    await delay(POLL_MS, undefined, { signal: cli.signal })
  }
}

// a daemon that is not there yet is what we wait for; anything else is an answer
async function look (api: AdminApi): Promise<{ status?: StatusView, why?: TosError }> {
  try {
    return { status: await api.status() }
  } catch (error) {
    if (error instanceof TosError && (error.code === 'DAEMON_UNREACHABLE' || error.code === 'NOT_STARTED')) return { why: error }
    throw error
  }
}

// commands about a running node say in their own words that there is none
async function expectNode<T> (answer: Promise<T>, options: TosErrorOptions): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof TosError && error.code === 'DAEMON_UNREACHABLE') throw new TosError(error.code, 'no node runs there', { ...(error.details === undefined ? {} : { details: error.details }), ...options })
    throw error
  }
}

async function answers (api: AdminApi): Promise<boolean> {
  return (await look(api)).status !== undefined
}
