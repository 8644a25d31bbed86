import { BLOCK_LIMITS, BLOCK_STATUS } from '../../../protocols/index.ts'
import type { BlockData, BlockId } from '../../../protocols/index.ts'
import { TosError, toTosError } from '../../errors/index.ts'
import type { TosErrorCode } from '../../errors/index.ts'
import type { BlockClient, Penalise } from '../clients.ts'
import type { Clock } from '../clock.ts'
import { withDeadline } from '../deadline.ts'
import type { Ledger } from '../ledger.ts'
import { fetchBodies } from './bodies.ts'
import { closeOver, headersAfter, headersOfTips, isAhead } from './headers.ts'
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

/** Brings the ledger up to what the peers hold. One peer at a time; the requests behind `Ask` are the seam for several. */
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
/** Header answers in a row that may bring nothing new: a fork of 32,768 blocks below the common one. */
const MAX_STALE_ANSWERS = 16

/**
 * One run: tips, then headers by locator with the bodies of each answer before the next, then branches outside the peer's order. Nothing
 * is kept between runs but the ledger itself, so a restart goes on where the last block was added. Held at most: 2,048 headers and
 * what `fetchBodies` allows.
 */
export function createSync ({ ledger, client, clock, options = {}, penalise = () => {}, onProgress = () => {}, onPeerFailed = () => {}, onError = () => {} }: SyncDeps): Sync {
  const limits = { ...SYNC_DEFAULTS, ...options }
  const table = createPeerTable(clock, limits)
  const counts = { runs: 0, failures: 0, blocks: 0 }
  let last: SyncProgress = { state: 'idle', height: ledger.tip().height, target: ledger.tip().height }
  // one scope from `start` to `stop`, and in it one run at a time
  let scope: AbortController | undefined
  let running: Promise<void> | undefined
  /** The last run ended on a fault of this node's own: only the interval tries again. */
  let faulty = false
  let cancelTick = (): void => {}
  let cancelRetry = (): void => {}

  const report = (state: SyncProgress['state'], target: bigint, peer?: string): void => {
    last = { state, height: ledger.tip().height, target, ...(peer === undefined ? {} : { peer }) }
    onProgress(last)
  }
  const syncWith = async (peer: string, stop: AbortSignal): Promise<void> => {
    // ends the requests still in flight when one of them has failed
    const attempt = new AbortController()
    const signal = AbortSignal.any([stop, attempt.signal])
    const ask: Ask = async question => {
      const answer = await withDeadline({ clock, ms: limits.requestTimeoutMs, signal, what: `blocks from ${peer}` }, signal => client.request(peer, question, { signal }))
      if (answer.status === BLOCK_STATUS.busy) throw new TosError('BUSY', 'the peer is busy')
      return answer
    }
    try {
      await followPeer(peer, ask, signal)
    } finally {
      attempt.abort()
    }
  }
  /** Resolves when every tip the peer named is held; throws what shows that this peer does not get us there. */
  const followPeer = async (peer: string, ask: Ask, signal: AbortSignal): Promise<void> => {
    const { tips, ahead } = await headersOfTips(ledger, ask)
    const target = tips.reduce((top, { height }) => height > top ? height : top, 0n)
    table.claim(peer, target)
    const lacking = (): Link[] => tips.filter(({ hash }) => !ledger.has(hash))
    const bodies = async (links: readonly Link[]): Promise<void> => {
      const fresh = await closeOver(ledger, ask, links)
      if (fresh.length === 0) return
      report('bodies', target, peer)
      const add = async (block: BlockData): Promise<void> => {
        signal.throwIfAborted()
        await addBlock(block)
        if (++counts.blocks % 64 === 0) report('bodies', target, peer)
      }
      await fetchBodies({ ledger, ask, limits, add }, fresh)
    }
    if (lacking().length === 0 && !ahead) return
    report('headers', target, peer)
    let ids = ledger.locator()
    for (let stale = 0, more = true; more && stale < MAX_STALE_ANSWERS;) {
      const answer = await headersAfter(ledger, ask, ids)
      const newest = answer.links.at(-1)
      stale = answer.links.every(({ hash }) => ledger.has(hash)) ? stale + 1 : 0
      await bodies(answer.links)
      more = answer.more && newest !== undefined
      // One id alone is a cursor: all before it is here. When that led nowhere the peer's order may have changed under it.
      if (newest !== undefined) ids = stale === 0 ? [{ hash: newest.hash, height: newest.height }] : locatorFrom(newest, ledger.locator())
    }
    // branches that the peer's selected order leaves out
    if (lacking().length > 0) await bodies(lacking())
  }
  /** Tells the peer's fault (`INVALID_BLOCK`) from this node's own. */
  const addBlock = async (block: BlockData): Promise<void> => {
    const result = await ledger.add(block).catch((error: unknown) => {
      throw error instanceof TosError && error.code === 'INVALID_BLOCK' ? error : new LocalFault(error)
    })
    if (result.status === 'orphan') throw new TosError('UNKNOWN_PARENT', 'a parent was given up meanwhile')
  }
  const run = async (signal: AbortSignal): Promise<void> => {
    counts.runs++
    faulty = false
    for (let peer = table.choose(); peer !== undefined && !signal.aborted; peer = table.choose()) {
      // each failure sends its peer into a cool-down, so the loop comes to an end
      try {
        await syncWith(peer, signal)
        table.succeeded(peer)
      } catch (error) {
        if (signal.aborted) break
        if (error instanceof LocalFault) {
          faulty = true
          onError(error.cause)
          break
        }
        putAside(peer, toTosError(error, 'PEER_UNREACHABLE'))
      }
    }
  }
  const putAside = (peer: string, error: TosError): void => {
    counts.failures++
    table.failed(peer)
    if (CHARGED.has(error.code) && !isAhead(error)) penalise(peer, error.code)
    onPeerFailed(peer, error)
  }
  const wake = (): void => {
    if (scope === undefined || running !== undefined || !table.hasDue()) return
    const { signal } = scope
    running = run(signal).catch(onError).finally(() => {
      running = undefined
      // a run that found nothing to do is no news
      if (last.state !== 'idle') report('idle', last.target)
      // called for while being asked, or just before the end
      cancelRetry()
      if (table.hasWaiting() && !faulty && !signal.aborted) cancelRetry = clock.after(limits.askGapMs, wake)
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

/** The locator for what follows `newest`; one step is left out when there are too many, never genesis. */
function locatorFrom ({ hash, height }: Link, below: BlockId[]): BlockId[] {
  const ids = [{ hash, height }, ...below]
  return ids.length > BLOCK_LIMITS.locator ? ids.toSpliced(-2, 1) : ids
}

/** A fault of the ledger itself: no peer is to blame. */
class LocalFault extends Error {
  constructor (cause: unknown) {
    super('the ledger failed', { cause })
  }
}
