import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { TosError } from '../../errors/index.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { startChild } from '../devnet-child.ts'
import type { DevnetChild } from '../devnet-child.ts'
import { devnetView } from '../devnet-view.ts'
import type { Row } from '../devnet-view.ts'
import { showDuration } from '../output.ts'

/** How often the view is drawn. */
const VIEW_MS = 1000
const MAX_NODES = 64

/** `tosd devnet`: N real processes on loopback, the first one mining, in a directory that is removed at the end. */
export const devnetCommand: CommandModule = (parent, cli) => {
  parent.command('devnet').description('run several nodes on this machine, the first one mining; Ctrl-C ends them all')
    .option('--nodes <n>', 'how many', '5').option('--for <time>', 'stop after this time').option('--mine-interval-ms <time>', 'pause between blocks', '3000')
    .option('--keep', 'keep the data directories')
    .action(async (flags: Flags) => await devnet(cli, flags))
}

async function devnet (cli: Cli, flags: Flags): Promise<void> {
  const { parseDuration } = await import('../../config/index.ts')
  const nodes = Number(flags['nodes'])
  const forMs = flags['for'] === undefined ? Infinity : parseDuration(String(flags['for']))
  if (!Number.isSafeInteger(nodes) || nodes < 1 || nodes > MAX_NODES) throw new TosError('USAGE', `--nodes must be 1 to ${MAX_NODES}`)
  // without a unit 5 would be 5 ms, and nobody means that
  if (/^\d+$/.test(String(flags['for']))) throw new TosError('USAGE', `--for ${String(flags['for'])} has no unit`, { hint: `for seconds write --for ${String(flags['for'])}s` })
  if (forMs === undefined) throw new TosError('USAGE', '--for must be a time such as 60s')
  const stop = new AbortController()
  cli.takeSignals(() => stop.abort())
  const dir = mkdtempSync(join(tmpdir(), 'tosd-devnet-'))
  const children: DevnetChild[] = []
  // whatever ends us, no child is left behind: each by its own pid
  const killAll = (): void => { for (const child of children) child.kill() }
  process.once('exit', killAll)
  try {
    cli.out.talk(`starting ${nodes} nodes in ${dir}`)
    await startAll(cli, children, { nodes, dir, mineInterval: String(flags['mineIntervalMs']), signal: stop.signal })
    await watch(cli, children, { dir, forMs, signal: stop.signal })
  } finally {
    cli.out.talk('stopping')
    await Promise.all(children.map(async child => await child.stop()))
    process.off('exit', killAll)
    if (flags['keep'] === true) cli.out.talk(`kept ${dir}`)
    else rmSync(dir, { recursive: true, force: true })
  }
}

async function startAll (cli: Cli, children: DevnetChild[], { nodes, dir, mineInterval, signal }: { readonly nodes: number, readonly dir: string, readonly mineInterval: string, readonly signal: AbortSignal }): Promise<void> {
  for (let i = 0; i < nodes && !signal.aborted; i++) {
    // each knows the first and the one before it; the rest it has to find
    const known = [children[0], children.at(-1)].flatMap(child => child?.ready.addrs[0] ?? [])
    const dataDir = join(dir, `node${i}`)
    const child = await startChild({
      name: `node${i}`, dataDir, signal,
      args: [...(i === 0 ? ['--mine', '--mine-interval-ms', mineInterval] : []), ...(known.length === 0 ? ['--bootstrap', ''] : ['--bootstrap', ...new Set(known)])]
    })
    children.push(child)
    const { ready } = child
    await cli.out.data({ ...ready, event: 'node', name: child.name, dataDir }, () => `${child.name}  ${ready.addrs[0] ?? ready.peerId}  ${dataDir}`)
  }
}

async function watch (cli: Cli, children: readonly DevnetChild[], { dir, forMs, signal }: { readonly dir: string, readonly forMs: number, readonly signal: AbortSignal }): Promise<void> {
  const started = performance.now()
  const left = (): number => forMs - (performance.now() - started)
  const head = (): string => `${basename(dir)}: ${showDuration(performance.now() - started)} so far${forMs === Infinity ? '' : `, ${showDuration(Math.max(0, left()))} left`}`
  let drawn = 0
  while (!signal.aborted && left() > 0) {
    const rows = await Promise.all(children.map(async (child): Promise<Row<DevnetChild>> => ({ child, status: await child.status(signal) })))
    if (cli.out.json) await cli.out.data({ event: 'view', at: Date.now(), nodes: rows.map(({ child, status }) => ({ name: child.name, pid: child.ready.pid, alive: child.alive, status: status ?? null })) }, () => '')
    else if (cli.out.isTerminal) drawn = await redraw(cli, devnetView(head(), rows), drawn)
    try {
      await delay(Math.max(0, Math.min(VIEW_MS, left())), undefined, { signal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
  if (!cli.out.json && !cli.out.isTerminal) {
    const rows = await Promise.all(children.map(async child => ({ child, status: await child.status() })))
    await cli.out.write(devnetView(head(), rows))
  }
}

async function redraw (cli: Cli, text: string, drawn: number): Promise<number> {
  await cli.out.write(`${drawn === 0 ? '' : `\u001b[${drawn}A\u001b[J`}${text}`)
  return text.split('\n').length - 1
}
