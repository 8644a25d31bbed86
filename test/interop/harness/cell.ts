import { after, test } from 'node:test'
import type { TestContext } from 'node:test'
import { Unsupported } from './peer-config.ts'
import type { PeerConfig } from './peer-config.ts'
import { startHosted, stopHosts } from './peer-host.ts'
import { startPeer } from './peer-process.ts'
import type { PeerProcess } from './peer-process.ts'
import { recorder } from './report.ts'
import { find, FOREIGN_PEERS, isRequired } from './toolchain.ts'
import type { PeerKind, Tool } from './toolchain.ts'

/** Longest a cell may take before it fails. */
const CELL_MS = 120_000

// here, and not where they are started: a hook set while a test runs ends with that test
after(stopHosts)

/** Which field of the matrix a test fills. */
export interface CellName {
  /** The foreign peer. */
  readonly peer: string
  /** Number and name as in the README, e.g. `1 tcp/noise/yamux`. */
  readonly scenario: string
  /** Who begins, e.g. `go → tosd`. */
  readonly direction: string
}

/** Reasons a cell cannot run, with a link to who could change that. */
export interface Known { readonly reason: string, readonly upstream?: string }

/**
 * A test that is a field of the matrix: green only after `run` has come to its end. `Unsupported` thrown by it, or by a peer at its start, is a
 * skip with its reason; everything else is a failure.
 */
export async function cell (context: TestContext, name: CellName, run: () => Promise<void>): Promise<void> {
  await context.test(`${name.scenario} · ${name.direction}`, { timeout: CELL_MS }, async inner => {
    try {
      await run()
      recorder.cell({ ...name, status: 'pass', reason: '' })
    } catch (error) {
      const reason = (error as Error).message
      if (error instanceof Unsupported) {
        recorder.cell({ ...name, status: 'skip', reason })
        inner.skip(reason)
        return
      }
      recorder.cell({ ...name, status: 'fail', reason: reason.split('\n')[0] ?? reason })
      throw error
    }
  })
}

/** A cell that is known not to run: skipped with its reason. */
export async function skipCell (context: TestContext, name: CellName, { reason, upstream }: Known): Promise<void> {
  await cell(context, name, () => Promise.reject(new Unsupported(upstream === undefined ? reason : `${reason} (${upstream})`)))
}

/** True when `what` is here. Without it the cells of `names` are skipped, loudly, or fail when the run requires it. */
export async function isHere (context: TestContext, what: PeerKind | Tool, names: readonly CellName[]): Promise<boolean> {
  const found = find(what)
  if (!('missing' in found)) return true
  const reason = `${found.missing}; ${found.hint}`
  if (isRequired(what)) {
    for (const name of names) recorder.cell({ ...name, status: 'fail', reason })
    throw new Error(`TOS_INTEROP_REQUIRE names ${what}: ${reason}`)
  }
  banner(what, reason)
  for (const name of names) await skipCell(context, name, { reason })
  return false
}

const told = new Set<string>()

function banner (what: string, reason: string): void {
  if (told.has(what)) return
  told.add(what)
  console.error(`\n*** interop: nothing is tested against ${what}: ${reason} ***\n`)
}

/** A pair of running peers; the foreign one stands first. */
export interface Pair { readonly foreign: PeerProcess, readonly tosd: PeerProcess }

/** One scenario over all foreign peers, written once. */
export interface PairScenario {
  readonly scenario: string
  readonly config: PeerConfig
  /** Default: all foreign peers. */
  readonly peers?: readonly PeerKind[]
  /** What our node is given in place of `config`. */
  readonly tosd?: PeerConfig
  /** Peers that cannot do this, and why. */
  readonly except?: Readonly<Partial<Record<PeerKind, Known>>>
  /** Called once per direction over the same two peers; they are not connected before, and are parted after. */
  readonly run: (dialler: PeerProcess, listener: PeerProcess, pair: Pair) => Promise<void>
}

/**
 * Runs a scenario between our node and every foreign peer, each dialling the other in turn. `parent` is the test to stand under, in place of
 * the file: one with `concurrency` lets the pairs wait at the same time.
 */
export async function overPairs ({ scenario, config, peers = FOREIGN_PEERS, tosd: tosdConfig = config, except = {}, run }: PairScenario, parent: Pick<TestContext, 'test'> = { test }): Promise<void> {
  await Promise.all(peers.map(async peer => {
    await parent.test(`${scenario} · ${peer} and tosd`, async context => {
      const directions = [`${peer} → tosd`, `tosd → ${peer}`].map(direction => ({ peer, scenario, direction }))
      const known = except[peer]
      if (known !== undefined) {
        for (const name of directions) await skipCell(context, name, known)
        return
      }
      if (!await isHere(context, peer, directions)) return
      const pair = await withPeers(context, { foreign: [peer, config], tosd: ['tosd', tosdConfig] }).catch(async (error: unknown) => {
        for (const name of directions) await cell(context, name, () => Promise.reject(error as Error))
      })
      if (pair === undefined) return
      const { foreign, tosd } = pair
      for (const [name, dialler, listener] of [[directions[0], foreign, tosd], [directions[1], tosd, foreign]] as const) {
        await cell(context, name as CellName, async () => {
          await run(dialler, listener, pair)
          await part(dialler, listener)
        })
      }
    })
  }))
}

/** Ends the connection at both ends: the next dial must not find one that is closing. */
export async function part (one: PeerProcess, other: PeerProcess): Promise<void> {
  await one.ask('hangup', { peer: other.peerId })
  await other.ask('hangup', { peer: one.peerId })
}

/** What a peer lacks, by its kind and configuration: it is started once to say so. */
const lacking = new Map<string, Unsupported>()

/** A fresh peer: ours and stock js-libp2p as a node in the process of their kind, every other as a process. */
async function start (kind: PeerKind, config: PeerConfig): Promise<PeerProcess> {
  const wanted = `${kind} ${JSON.stringify(config)}`
  const lacks = lacking.get(wanted)
  if (lacks !== undefined) throw lacks
  try {
    return await (kind === 'js' || kind === 'tosd' ? startHosted(kind, config) : startPeer(kind, config))
  } catch (error) {
    if (error instanceof Unsupported) lacking.set(wanted, error)
    throw error
  }
}

/** Starts fresh peers side by side; they end with the test. Throws what the first failed one threw, the others stopped. */
export async function withPeers<K extends string> (context: TestContext, wanted: Readonly<Record<K, readonly [PeerKind, PeerConfig]>>): Promise<Record<K, PeerProcess>> {
  const entries = Object.entries(wanted) as Array<[K, readonly [PeerKind, PeerConfig]]>
  const results = await Promise.allSettled(entries.map(async ([name, [kind, config]]) => [name, await start(kind, config)] as const))
  const started = results.filter(result => result.status === 'fulfilled').map(({ value }) => value)
  context.after(async () => { await Promise.all(started.map(([, peer]) => peer.stop())) })
  const failed = results.find(result => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  for (const [, { kind, versions }] of started) recorder.peer(kind, versions)
  return Object.fromEntries(started) as Record<K, PeerProcess>
}
