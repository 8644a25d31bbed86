import { AFTER_BAN, LOWEST, MAX_TROUBLE, PENALTY_GAP_MS, RULES, START, THRESHOLD } from './reputation-rules.ts'
import type { Reason } from './reputation-rules.ts'
import { decayed, tickOf } from './score-decay.ts'

/** Events shown by `explain`; older ones are kept as one sum. */
const MAX_EVENTS = 16

/** A change of a score. */
export interface ScoreEvent {
  readonly reason: Reason | 'ban_ended'
  /** Thousandths that really came or went. */
  readonly delta: number
  /** Clock of the owner, ms. */
  readonly at: number
}

/** Why an event changed nothing. */
export type Ignored = 'duplicate' | 'cap' | 'lagging' | 'banned'

interface Suppressed { readonly count: number, readonly at: number }

/**
 * The standing of one peer. Two numbers make a score: `merit` (0..1000, from 500) holds rewards and real offences, `trouble` (0..100)
 * what the path may be to blame for. Kept apart, because trouble must never add to a ban. Maps hold one entry per reason at most.
 */
export class PeerRecord {
  merit: number = START
  trouble = 0
  tick: number
  heldUntil: number | undefined
  /** The score this record began with: 500, or what was loaded. */
  base: number = START
  /** Sum of the events that are shown no more. */
  older = 0
  /** Sum of what decay gave and took. */
  decay = 0
  readonly events: ScoreEvent[] = []
  readonly suppressed: Map<Reason, Suppressed> = new Map()
  readonly #penalised: Map<Reason, number> = new Map()
  readonly #rewarded: Map<Reason, number> = new Map()
  #rewardTick = 0

  constructor (now: number) {
    this.tick = tickOf(now)
  }

  /** Trouble orders peers but takes no score below the threshold. */
  get score (): number {
    return this.merit <= THRESHOLD ? this.merit : Math.max(THRESHOLD, this.merit - this.trouble)
  }

  /** Brings the record to `now`: ends a ban whose time has come, lets the ticks since the last look decay. */
  settle (now: number): void {
    if (this.heldUntil !== undefined) {
      if (now < this.heldUntil) return
      this.release(this.heldUntil)
    }
    const tick = tickOf(now)
    if (tick > this.tick) this.#decay(tick - this.tick)
    // also backwards: a clock that was set back must not stop decay until it has caught up
    this.tick = tick
  }

  #decay (ticks: number): void {
    const before = this.merit - this.trouble
    this.merit = START + decayed(this.merit - START, ticks)
    this.trouble = decayed(this.trouble, ticks)
    this.decay += this.merit - this.trouble - before
  }

  /** Freezes the score until a ban ends. */
  hold (until: number): void {
    this.heldUntil = until
  }

  /** Ends a ban: the score starts again 50 above the threshold, at the time the ban ended. */
  release (at: number): void {
    const before = this.merit - this.trouble
    this.heldUntil = undefined
    this.merit = AFTER_BAN
    this.trouble = 0
    this.tick = tickOf(at)
    this.#remember({ reason: 'ban_ended', delta: this.merit - before, at })
  }

  /** Applies one event; the record is settled. Returns the change, or why there is none. */
  apply (reason: Reason, now: number): number | Ignored {
    if (this.heldUntil !== undefined) return this.suppress(reason, now, 'banned')
    const { kind, delta } = RULES[reason]
    if (kind === 'reward') return this.#reward(reason, now)
    const last = this.#penalised.get(reason)
    if (last !== undefined && Math.abs(now - last) < PENALTY_GAP_MS) return this.suppress(reason, now, 'duplicate')
    this.#penalised.set(reason, now)
    const before = this.merit - this.trouble
    if (kind === 'transport') this.trouble = Math.min(MAX_TROUBLE, this.trouble - delta)
    else this.merit = Math.max(LOWEST, this.merit + delta)
    return this.#changed(reason, this.merit - this.trouble - before, now)
  }

  #reward (reason: Reason, now: number): number | Ignored {
    const { delta, perMinute, ceiling } = RULES[reason]
    const granted = Math.min(delta, perMinute - this.rewardedIn(reason, tickOf(now)), ceiling - this.merit)
    if (granted <= 0) return this.suppress(reason, now, 'cap')
    if (this.#rewardTick !== tickOf(now)) this.#rewarded.clear()
    this.#rewardTick = tickOf(now)
    this.#rewarded.set(reason, (this.#rewarded.get(reason) ?? 0) + granted)
    this.merit += granted
    return this.#changed(reason, granted, now)
  }

  /** Thousandths granted for a reason within the minute `tick`. */
  rewardedIn (reason: Reason, tick: number): number {
    return this.#rewardTick === tick ? this.#rewarded.get(reason) ?? 0 : 0
  }

  /** Counts an event that changes nothing. */
  suppress (reason: Reason, now: number, why: Ignored): Ignored {
    this.suppressed.set(reason, { count: (this.suppressed.get(reason)?.count ?? 0) + 1, at: now })
    return why
  }

  #changed (reason: Reason, delta: number, now: number): number {
    this.#remember({ reason, delta, at: now })
    return delta
  }

  #remember (event: ScoreEvent): void {
    this.events.push(event)
    if (this.events.length > MAX_EVENTS) this.older += this.events.shift()?.delta ?? 0
  }
}
