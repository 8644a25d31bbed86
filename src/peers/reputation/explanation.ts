import type { BanStorm } from './circuit-breaker.ts'
import type { PeerRecord } from './peer-record.ts'
import { MAX_TROUBLE, RULES, START, THRESHOLD } from './reputation-rules.ts'
import type { Reason } from './reputation-rules.ts'
import { tickOf } from './score-decay.ts'

/**
 * Every number that makes up a score. `base + older + Σ events.delta + decay = merit − trouble`, and the score is that, but never
 * below the threshold on account of trouble. Thousandths and ms.
 */
export interface Explanation {
  readonly peer: string
  readonly score: number
  readonly merit: number
  readonly trouble: number
  /** The score the record began with. */
  readonly base: number
  readonly older: number
  readonly decay: number
  /** The latest changes, oldest first. */
  readonly events: ReadonlyArray<{ readonly reason: string, readonly delta: number, readonly ageMs: number }>
  /** Events that changed nothing: repeated within 10 s, over a cap, while we lagged or while banned. */
  readonly suppressed: ReadonlyArray<{ readonly reason: Reason, readonly count: number, readonly lastAgeMs: number }>
  /** Rewards of this minute against their caps. */
  readonly rewards: ReadonlyArray<{ readonly reason: Reason, readonly used: number, readonly perMinute: number, readonly ceiling: number }>
  /** Time left of a ban. */
  readonly heldMs: number | undefined
  readonly limits: { readonly start: number, readonly threshold: number, readonly maxTrouble: number }
  readonly lagMs: number
  readonly storm: BanStorm
}

/** The record must be settled at `now`. */
export function explainRecord (peer: string, record: PeerRecord, now: number, lagMs: number, storm: BanStorm): Explanation {
  const { base, decay, events, heldUntil, merit, older, score, suppressed, trouble } = record
  const rewards = (Object.keys(RULES) as Reason[]).filter(reason => RULES[reason].kind === 'reward')
  return {
    peer, score, merit, trouble, base, older, decay,
    events: events.map(({ reason, delta, at }) => ({ reason, delta, ageMs: now - at })),
    suppressed: [...suppressed].map(([reason, { count, at }]) => ({ reason, count, lastAgeMs: now - at })),
    rewards: rewards.map(reason => ({ reason, used: record.rewardedIn(reason, tickOf(now)), perMinute: RULES[reason].perMinute, ceiling: RULES[reason].ceiling })),
    heldMs: heldUntil === undefined ? undefined : heldUntil - now,
    limits: { start: START, threshold: THRESHOLD, maxTrouble: MAX_TROUBLE },
    lagMs, storm
  }
}
