/** `count` units per `perMs` milliseconds. */
export interface Rate {
  readonly count: number
  readonly perMs: number
}

/** Share of `count` that may come at once. */
const RECEIVER_BURST = 0.5

/** Sums of fractions of a millisecond are not exact: without this much grace a unit that is due exactly now could be refused. */
const ROUNDING_MS = 1e-3

/**
 * Generic cell rate algorithm: two numbers per key instead of a log of times (ITU-T I.371). The burst is half of `count`, because a
 * full one would let twice the rate through in one window. Pure: the caller passes the time.
 */
export class Gcra {
  readonly #increment: number
  /** Time that may be spent in advance, ms. */
  readonly #tolerance: number
  readonly #limit: number
  /** Most that one request is charged, ms: the receiver's burst, on whichever side this is. */
  readonly #most: number
  /** Theoretical arrival time of the next unit, ms. */
  #arrival = 0

  /** `burst` is the share of `count` that may come at once; one unit always may. */
  constructor ({ count, perMs }: Rate, burst: number = RECEIVER_BURST) {
    this.#increment = perMs / count
    this.#tolerance = Math.max(perMs * burst, this.#increment)
    this.#limit = this.#tolerance + ROUNDING_MS
    this.#most = Math.max(perMs * RECEIVER_BURST, this.#increment)
  }

  /** Takes `cost` units if they fit. A cost above half of `count` is charged as that half, so that it can ever pass. */
  take (now: number, cost = 1): boolean {
    const next = this.#next(now, cost)
    if (this.#wait(now, next) > 0) return false
    this.#arrival = next
    return true
  }

  /** Takes `cost` units for a later time and returns how long to wait, ms: what a sender uses to stay within a receiver's limit. */
  reserve (now: number, cost = 1): number {
    const next = this.#next(now, cost)
    const wait = this.#wait(now, next)
    // what leaves later counts from then: the receiver, which sees it then, must not be ahead of us
    this.#arrival = wait === 0 ? next : this.#next(now + wait, cost)
    return wait
  }

  /** Milliseconds until `cost` units would fit. */
  delay (now: number, cost = 1): number {
    return this.#wait(now, this.#next(now, cost))
  }

  // with nothing spent in advance even the dearest request may go: a sender's smaller burst must not hold it back for ever
  #wait (now: number, next: number): number {
    return this.#arrival <= now ? 0 : Math.max(0, next - now - this.#limit)
  }

  // a cost that is no number comes from a faulty cost function: it must not disarm the limit
  #next (now: number, cost: number): number {
    const spent = cost >= 0 ? Math.min(cost * this.#increment, this.#most) : this.#most
    return Math.max(now, this.#arrival) + spent
  }
}
