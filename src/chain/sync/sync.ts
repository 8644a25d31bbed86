import { BLOCK_STATUS } from '../../../protocols/index.ts'
import type { BlockData } from '../../../protocols/index.ts'
import { TosError, toTosError } from '../../errors/index.ts'
import type { TosErrorCode } from '../../errors/index.ts'
import { isAhead } from '../blame.ts'
import type { BlockClient, Penalise } from '../clients.ts'
import type { Clock } from '../clock.ts'
import { withDeadline } from '../deadline.ts'
import type { Ledger } from '../ledger.ts'
import { createCheckpointGuard } from './checkpoints.ts'
import { fetchBodies } from './bodies.ts'
import { followPeer } from './follow-peer.ts'
import { headersOfTips } from './headers.ts'
import type { Ask, Link } from './headers.ts'
import { SYNC_DEFAULTS } from './options.ts'
import type { SyncOptions } from './options.ts'
import { createPeerTable } from './peer-table.ts'

export type { SyncOptions } from './options.ts'

/** Where the sync stands. `height`: this node's tip; `target`: what the peer claims. */
export interface SyncProgress {
  readonly state: 'idle' | 'headers' | 'bodies'
  readonly height: bigint
  readonly target: bigint
  readonly peer?: string
}

/** What the sync needs from outside. Callbacks must not throw. */
export interface SyncDeps {
  readonly ledger: Ledger
  readonly client: BlockClient
  readonly clock: Clock
  readonly options?: SyncOptions
  /** Charges a peer that broke the protocol or let a request time out. */
  readonly penalise?: Penalise
  readonly onProgress?: (progress: SyncProgress) => void
  /** Told why a peer was put aside, for the log. */
  readonly onPeerFailed?: (peer: string, error: TosError) => void
  /** Told of a fault of this node's own, e.g. a full disk; tried again at the next interval. */
  readonly onError?: (error: unknown) => void
}

/** Brings the ledger up to what the peers hold: headers of one, bodies of all. */
export interface Sync {
  start (): void
  /** Ends the run under way; resolves when nothing is left of it. */
  stop (): Promise<void>
  /** Call when a peer is connected and serves blocks. */
  addPeer (peer: string): void
  removePeer (peer: string): void
  /** Call when `peer` named a block whose parents are not held; `height` is the block's. */
  want (peer: string, height: bigint): void
  progress (): SyncProgress
  /** Resolves when no peer is left to ask for now. */
  idle (): Promise<void>
  dump (): Record<string, number>
}

/** Failures that show a peer at fault; others (unreachable, busy, pruned) only put it aside. */
const CHARGED: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['INVALID_BLOCK', 'INVALID_MESSAGE', 'MESSAGE_TOO_LARGE', 'UNKNOWN_PARENT', 'TIMEOUT'])
/** Peers asked for their tips at once, and how long each may take, milliseconds. */
const PROBES = 8
const PROBE_MS = 5000
/** How long headers may take while another peer could be followed instead, milliseconds: 2,048 of them over 1 Mbit/s. */
const HEADERS_MS = 5000

/** A peer that answered with tips this node lacks. */
interface Candidate { readonly peer: string, readonly tips: readonly Link[], readonly target: bigint }

/**
 * One run: the tips of all who are due, then the peer with the highest claim is followed: its headers, the bodies from everybody, then
 * branches outside its order. Nothing is kept between runs but the ledger itself, so a restart goes on where the last block was added.
 * Held at most: 4,096 headers, those of 32 tips of 8 peers, and what `fetchBodies` allows.
 */
export function createSync ({ ledger, client, clock, options = {}, penalise = () => {}, onProgress = () => {}, onPeerFailed = () => {}, onError = () => {} }: SyncDeps): Sync {
  const limits = { ...SYNC_DEFAULTS, ...options }
  const table = createPeerTable(clock, limits)
  const guard = createCheckpointGuard(ledger, limits.checkpoints)
  const counts = { runs: 0, failures: 0, blocks: 0 }
  let last: SyncProgress = { state: 'idle', height: ledger.tip().height, target: ledger.tip().height }
  // one scope from `start` to `stop`, and in it one run at a time
  let scope: AbortController | undefined
  let running: Promise<void> | undefined
  /** Wakes a run that waits for answers. */
  let news = Promise.withResolvers<void>()
  /** Asks those who are due, in the run under way. */
  let askDue = (): void => {}
  const faults = {
    /** The last run ended on a fault of this node's own: only the interval tries again. */
    own: false
  }
  let cancelTick = (): void => {}
  let cancelRetry = (): void => {}

  const report = (state: SyncProgress['state'], target: bigint, peer?: string): void => {
    last = { state, height: ledger.tip().height, target, ...(peer === undefined ? {} : { peer }) }
    onProgress(last)
  }
  const askOf = (peer: string, signal: AbortSignal, most: () => number): Ask => async question => {
    const answer = await withDeadline({ clock, ms: Math.min(most(), limits.requestTimeoutMs), signal, what: `blocks from ${peer}` }, signal => client.request(peer, question, { signal }))
    if (answer.status === BLOCK_STATUS.busy) throw new TosError('BUSY', 'the peer is busy')
    return answer
  }
  /** The peer's tips, when it has any that are lacking here. */
  const probe = async (peer: string, signal: AbortSignal): Promise<Candidate | undefined> => {
    const { tips, ahead } = await headersOfTips(ledger, askOf(peer, signal, () => PROBE_MS))
    const target = tips.reduce((top, { height }) => height > top ? height : top, 0n)
    table.claim(peer, target)
    if (ahead || tips.some(({ hash }) => !ledger.has(hash))) return { peer, tips, target }
    table.succeeded(peer)
    return undefined
  }
  const follow = async ({ peer, tips, target }: Candidate, stop: AbortSignal): Promise<void> => {
    // ends the requests still in flight when one of them has failed
    const attempt = new AbortController()
    const signal = AbortSignal.any([stop, attempt.signal])
    report('headers', target, peer)
    const add = async (block: BlockData): Promise<void> => {
      signal.throwIfAborted()
      await addBlock(block)
      if (++counts.blocks % 64 === 0) report('bodies', target, peer)
    }
    const bodies = async (links: readonly Link[]): Promise<void> => {
      report('bodies', target, peer)
      await fetchBodies({ ledger, client, clock, limits, leader: peer, peers: table.fit, onFailed: putAside, add, signal }, links)
    }
    try {
      await followPeer({ ledger, ask: askOf(peer, signal, () => table.size > 1 ? HEADERS_MS : limits.requestTimeoutMs), bodies, checkpoints: guard }, tips)
    } finally {
      attempt.abort()
    }
  }
  /** Tells a peer's fault (`INVALID_BLOCK`) from this node's own. */
  const addBlock = async (block: BlockData): Promise<void> => {
    const result = await ledger.add(block).catch((error: unknown) => {
      throw error instanceof TosError && error.code === 'INVALID_BLOCK' ? error : new LocalFault(error)
    })
    if (result.status === 'orphan') throw new TosError('UNKNOWN_PARENT', 'a parent was given up meanwhile')
  }
  const run = async (signal: AbortSignal): Promise<void> => {
    counts.runs++
    faults.own = false
    const open = new Set<Promise<void>>()
    const ready = new Map<string, Candidate>()
    const ask = (peer: string): void => {
      const probing: Promise<void> = probe(peer, signal).then(candidate => { if (candidate !== undefined) ready.set(peer, candidate) })
        .catch((error: unknown) => { if (!signal.aborted) putAside(peer, toTosError(error, 'PEER_UNREACHABLE')) })
        .finally(() => {
          open.delete(probing)
          news.resolve()
        })
      open.add(probing)
    }
    // also while one is followed: whoever answers may bring bodies
    askDue = () => {
      for (let peer = open.size < PROBES ? table.choose() : undefined; peer !== undefined; peer = open.size < PROBES ? table.choose() : undefined) ask(peer)
    }
    // each failure sends its peer into a cool-down, so the loop comes to an end
    while (!signal.aborted && !faults.own) {
      news = Promise.withResolvers()
      askDue()
      const best = [...ready.values()].reduce<Candidate | undefined>((top, other) => top === undefined || other.target > top.target ? other : top, undefined)
      if (best === undefined) {
        if (open.size === 0) break
        await news.promise
      } else {
        ready.delete(best.peer)
        await attemptWith(best, signal)
      }
    }
    askDue = () => {}
    await Promise.all(open)
  }
  const attemptWith = async (candidate: Candidate, signal: AbortSignal): Promise<void> => {
    const { peer, tips } = candidate
    try {
      // failed as a source of bodies, or others brought all it has
      if (table.isCooling(peer)) return
      if (tips.some(({ hash }) => !ledger.has(hash))) await follow(candidate, signal)
      if (!table.isCooling(peer)) table.succeeded(peer)
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof LocalFault) {
        faults.own = true
        onError(error.cause)
      } else {
        putAside(peer, toTosError(error, 'PEER_UNREACHABLE'))
      }
    }
  }
  const putAside = (peer: string, error: TosError): void => {
    // once for what came of one fault: it may be asked for tips and bodies at a time
    if (table.isCooling(peer)) return
    counts.failures++
    table.failed(peer)
    if (CHARGED.has(error.code) && !isAhead(error)) penalise(peer, error.code)
    onPeerFailed(peer, error)
  }
  const wake = (): void => {
    if (scope === undefined || !table.hasDue()) return
    if (running !== undefined) {
      askDue()
      return
    }
    const { signal } = scope
    running = run(signal).catch(onError).finally(() => {
      running = undefined
      // a run that found nothing to do is no news
      if (last.state !== 'idle') report('idle', last.target)
      // called for while being asked, or just before the end
      cancelRetry()
      if (table.hasWaiting() && !faults.own && !signal.aborted) cancelRetry = clock.after(limits.askGapMs, wake)
    })
  }
  const tick = (): void => {
    cancelTick = clock.after(limits.intervalMs, tick)
    table.refreshOldest()
    wake()
  }
  return {
    start () {
      if (scope !== undefined) return
      scope = new AbortController()
      cancelTick = clock.after(limits.intervalMs, tick)
      wake()
    },
    async stop () {
      cancelTick()
      cancelRetry()
      scope?.abort()
      scope = undefined
      await running
    },
    addPeer (peer) {
      table.add(peer)
      wake()
    },
    removePeer (peer) { table.remove(peer) },
    want (peer, height) {
      table.want(peer, height)
      wake()
    },
    progress () {
      const { height } = ledger.tip()
      return { ...last, height, target: last.target > height ? last.target : height }
    },
    async idle () { await running },
    dump: () => ({ peers: table.size, ...counts })
  }
}

/** A fault of the ledger itself: no peer is to blame. */
class LocalFault extends Error {
  constructor (cause: unknown) {
    super('the ledger failed', { cause })
  }
}
