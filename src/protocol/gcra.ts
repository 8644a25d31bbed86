/** `count` units per `perMs` milliseconds. */
export interface Rate {
  readonly count: number
  readonly perMs: number
}

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
  /** Theoretical arrival time of the next unit, ms. */
  #arrival = 0

  /** `burst` is the share of `count` that may come at once; one unit always may. */
  constructor ({ count, perMs }: Rate, burst = 0.5) {
    this.#increment = perMs / count
    this.#tolerance = Math.max(perMs * burst, this.#increment)
    this.#limit = this.#tolerance + ROUNDING_MS
  }

  /** Takes `cost` units if they fit. A cost above the burst is charged as the burst, so that it can ever pass. */
  take (now: number, cost = 1): boolean {
    const next = this.#next(now, cost)
    if (next - now > this.#limit) return false
    this.#arrival = next
    return true
  }

  /** Takes `cost` units for a later time and returns how long to wait, ms: what a sender uses to stay within a receiver's limit. */
  reserve (now: number, cost = 1): number {
    const next = this.#next(now, cost)
    this.#arrival = next
    return Math.max(0, next - now - this.#limit)
  }

  /** Milliseconds until `cost` units would fit. */
  delay (now: number, cost = 1): number {
    return Math.max(0, this.#next(now, cost) - now - this.#limit)
  }

  // a cost that is no number comes from a faulty cost function: it must not disarm the limit
  #next (now: number, cost: number): number {
    const spent = cost >= 0 ? Math.min(cost * this.#increment, this.#tolerance) : this.#tolerance
    return Math.max(now, this.#arrival) + spent
  }
}
