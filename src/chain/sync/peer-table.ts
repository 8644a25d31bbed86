import type { Clock } from '../clock.ts'

/** How long a peer that failed is left alone. */
export interface CoolDown {
  /** After the first failure, milliseconds; doubles with each further one. */
  readonly coolDownMs: number
  readonly maxCoolDownMs: number
}

/** Which peer to sync from next. Pure bookkeeping over names. */
export interface PeerTable {
  readonly size: number
  add (peer: string): void
  remove (peer: string): void
  /** The peer has something this node lacks, as far as it says; `height` is its claim. Unknown peers are left out. */
  want (peer: string, height: bigint): void
  /** Records what the peer says its best height is. */
  claim (peer: string, height: bigint): void
  hasDue (): boolean
  /** True when a peer is due that was asked a moment ago: try again after `askGapMs`. */
  hasWaiting (): boolean
  /**
   * Takes the next peer to ask: one not asked lately before one that was, so that no peer keeps the others from their turn by
   * calling for attention; among those the highest claim, then whoever waited longest.
   */
  choose (): string | undefined
  /** Marks the peer that was asked longest ago, so that missed announcements are found. */
  refreshOldest (): void
  succeeded (peer: string): void
  /** Sends the peer into its cool-down and lets the others be asked for what it failed to give. */
  failed (peer: string): void
  isCooling (peer: string): boolean
  /** Peers that answered and are not in a cool-down. */
  fit (): string[]
}

/** "Lately", and the bound on names. */
export interface PeerTableLimits extends CoolDown {
  readonly intervalMs: number
  /** Least time between two questions for one peer's tips: what calls for attention must not set the pace. */
  readonly askGapMs: number
  readonly maxPeers: number
}

interface Entry { height: bigint, due: boolean, answered: boolean, askedAt: number }
interface Failure { count: number, until: number }

/** Names remembered as failing after they left, so that reconnecting does not wipe the slate. */
const MAX_FAILURES = 1024

export function createPeerTable (clock: Clock, { coolDownMs, maxCoolDownMs, intervalMs, askGapMs, maxPeers }: PeerTableLimits): PeerTable {
  const peers = new Map<string, Entry>()
  const failures = new Map<string, Failure>()
  const isCooling = (peer: string): boolean => (failures.get(peer)?.until ?? 0) > clock.now()
  const eligible = (): Array<[string, Entry]> => [...peers].filter(([peer]) => !isCooling(peer))
  const due = (): Array<[string, Entry]> => eligible().filter(([, entry]) => entry.due)
  const isReady = ([, { askedAt }]: [string, Entry]): boolean => clock.now() - askedAt >= askGapMs
  const wasLately = ({ askedAt }: Entry): number => clock.now() - askedAt < intervalMs ? 1 : 0
  const compare = (a: Entry, b: Entry): number =>
    wasLately(a) - wasLately(b) || Number(a.height < b.height) - Number(a.height > b.height) || a.askedAt - b.askedAt

  return {
    get size () { return peers.size },
    isCooling,
    fit: () => eligible().filter(([, { answered }]) => answered).map(([peer]) => peer),
    add (peer) {
      if (!peers.has(peer) && peers.size < maxPeers) peers.set(peer, { height: 0n, due: true, answered: false, askedAt: 0 })
    },
    remove (peer) { peers.delete(peer) },
    want (peer, height) {
      const entry = peers.get(peer)
      if (entry === undefined) return
      entry.due = true
      if (height > entry.height) entry.height = height
    },
    claim (peer, height) {
      const entry = peers.get(peer)
      if (entry === undefined) return
      entry.height = height
      entry.answered = true
    },
    hasDue: () => due().some(isReady),
    hasWaiting: () => due().length > 0,
    choose () {
      const [first] = due().filter(isReady).sort(([, a], [, b]) => compare(a, b))
      if (first === undefined) return undefined
      // cleared now, not at the end: a call that comes while the peer is being asked counts anew
      first[1].due = false
      first[1].askedAt = clock.now()
      return first[0]
    },
    refreshOldest () {
      let oldest: Entry | undefined
      for (const [, entry] of eligible()) if (oldest === undefined || entry.askedAt < oldest.askedAt) oldest = entry
      if (oldest !== undefined) oldest.due = true
    },
    succeeded (peer) { failures.delete(peer) },
    failed (peer) {
      const count = (failures.get(peer)?.count ?? 0) + 1
      failures.delete(peer)
      failures.set(peer, { count, until: clock.now() + Math.min(maxCoolDownMs, coolDownMs * 2 ** Math.min(count - 1, 20)) })
      const oldest = failures.keys().next()
      if (failures.size > MAX_FAILURES && oldest.done !== true) failures.delete(oldest.value)
      for (const [name, entry] of peers) {
        entry.due = true
        // a claim that came with a failure must not put the peer first again
        if (name === peer) entry.height = 0n
      }
    }
  }
}
