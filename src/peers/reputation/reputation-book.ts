import { LRUCache } from 'lru-cache'
import { dropSoonest } from './bounded-holds.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import type { BanStorm } from './circuit-breaker.ts'
import { explainRecord } from './explanation.ts'
import type { Explanation } from './explanation.ts'
import { PeerRecord } from './peer-record.ts'
import type { Ignored } from './peer-record.ts'
import { scoresFromJson, scoresToJson } from './reputation-file.ts'
import type { SavedRecord } from './reputation-file.ts'
import { RULES, START, THRESHOLD } from './reputation-rules.ts'
import type { Reason } from './reputation-rules.ts'
import { TICK_MS } from './score-decay.ts'

/** While our own event loop lags by more, ms, nobody is charged: we may be what is late. */
export const MAX_LAG_MS = 500
/** Longest a loaded record stays frozen, ms: no ban by score is longer. */
const MAX_HOLD_MS = 24 * 3_600_000

/** What the book needs to know. */
export interface ReputationOptions {
  /** Connected peers and the time each connected, on the clock of `now`. */
  readonly connected: () => ReadonlyMap<string, number>
  /** Nobody is banned when fewer peers would remain; default 8. */
  readonly minPeers?: number
  /** Records kept of peers in good standing, and as many of banned ones; default 4096. */
  readonly maxPeers?: number
  /** Told once each time bans are suspended because too many known peers offend at once. */
  readonly alarm?: (storm: BanStorm) => void
}

/** What an event came to. */
export interface Verdict {
  readonly score: number
  /** Thousandths that came or went. */
  readonly delta: number
  /** Why nothing changed. */
  readonly ignored?: Ignored
  /** The peer is to be banned: call `hold` with the end of its ban. Repeated until that is done. */
  readonly ban?: { readonly reason: Reason }
  /** It would be banned, but … */
  readonly spared?: 'min_peers' | 'circuit_breaker'
}

/** Scores by peer id; pure state, no timer, no clock. `now` is wall time in ms: records outlive the process. */
export interface ReputationBook {
  /** Applies one event to one peer. */
  record (peer: string, reason: Reason, now: number): Verdict
  /** 500 for a peer nothing is known of. */
  score (peer: string, now: number): number
  explain (peer: string, now: number): Explanation
  /** Freezes a banned peer's score. At `until` it starts again at 350. */
  hold (peer: string, until: number, now: number): void
  /** Ends a hold before its time. */
  release (peer: string, now: number): void
  /** The lag of our event loop as last measured, ms. */
  lagging (ms: number): void
  /** How near the circuit breaker is. */
  storm (now: number): BanStorm
  /** Records that differ from the start, as plain JSON. */
  toJSON (now: number): unknown
  /** Adds saved records. Throws `PEER_FILE_INVALID` and then has added none. */
  load (saved: unknown, now: number): void
  /** Sizes of all tables. */
  dump (): { readonly active: number, readonly held: number, readonly offenders: number }
}

export function createReputationBook (options: ReputationOptions): ReputationBook {
  const { connected, minPeers = 8, maxPeers = 4096, alarm } = options
  const active = new LRUCache<string, PeerRecord>({ max: maxPeers })
  // apart from the others: no number of strangers pushes a banned peer out of memory
  const held = new Map<string, PeerRecord>()
  const breaker = new CircuitBreaker(minPeers, maxPeers)
  let lagMs = 0
  let alarmed = false

  const find = (peer: string, now: number): PeerRecord | undefined => {
    const record = held.get(peer) ?? active.get(peer)
    record?.settle(now)
    if (record !== undefined && record.heldUntil === undefined && held.delete(peer)) active.set(peer, record)
    return record
  }
  const findOrAdd = (peer: string, now: number): PeerRecord => {
    const known = find(peer, now)
    if (known !== undefined) return known
    const record = new PeerRecord(now)
    active.set(peer, record)
    return record
  }
  const storm = (now: number): BanStorm => {
    const state = breaker.state(now, connected())
    if (!state.open) alarmed = false
    return state
  }
  const judge = (peer: string, reason: Reason, now: number): Pick<Verdict, 'ban' | 'spared'> => {
    const peers = connected()
    breaker.note(peer, now, peers)
    const state = storm(now)
    if (state.open) {
      if (!alarmed) alarm?.(state)
      alarmed = true
      return { spared: 'circuit_breaker' }
    }
    return peers.has(peer) && peers.size <= minPeers ? { spared: 'min_peers' } : { ban: { reason } }
  }

  const hold = (peer: string, until: number, now: number): void => {
    const record = findOrAdd(peer, now)
    record.hold(until)
    active.delete(peer)
    held.set(peer, record)
    dropSoonest(held, maxPeers, ({ heldUntil = 0 }) => heldUntil, peer)
  }

  return {
    record (peer, reason, now) {
      const record = findOrAdd(peer, now)
      const { kind } = RULES[reason]
      const result = kind !== 'reward' && lagMs > MAX_LAG_MS ? record.suppress(reason, now, 'lagging') : record.apply(reason, now)
      const { score } = record
      if (typeof result === 'string') return { score, delta: 0, ignored: result }
      const offence = kind === 'quota' || kind === 'validity'
      return { score, delta: result, ...(offence && record.merit < THRESHOLD ? judge(peer, reason, now) : {}) }
    },
    score: (peer, now) => find(peer, now)?.score ?? START,
    explain: (peer, now) => explainRecord(peer, find(peer, now) ?? new PeerRecord(now), now, lagMs, storm(now)),
    hold,
    release (peer, now) {
      const record = held.get(peer)
      if (record === undefined) return
      record.release(now)
      find(peer, now)
    },
    lagging (ms) { lagMs = ms },
    storm,
    toJSON (now) {
      const saved: SavedRecord[] = []
      for (const [peer, record] of [...held, ...active.entries()]) {
        record.settle(now)
        if (record.score !== START || record.merit !== START || record.heldUntil !== undefined) saved.push(savedForm(peer, record))
      }
      return scoresToJson(saved)
    },
    load (saved, now) {
      for (const { peer, heldUntil, merit, minute, trouble } of scoresFromJson(saved)) {
        const record = Object.assign(new PeerRecord(now), { merit, trouble, base: merit - trouble, tick: minute })
        active.set(peer, record)
        if (heldUntil !== null) hold(peer, Math.min(heldUntil * 1000, now + MAX_HOLD_MS), Math.min(now, minute * TICK_MS))
      }
    },
    dump: () => ({ active: active.size, held: held.size, offenders: breaker.size })
  }
}

function savedForm (peer: string, { heldUntil, merit, tick, trouble }: PeerRecord): SavedRecord {
  return { peer, merit, trouble, minute: tick, heldUntil: heldUntil === undefined ? null : Math.ceil(heldUntil / 1000) }
}
