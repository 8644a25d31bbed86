/** `count` units per `perMs` milliseconds. */
export interface Rate {
  readonly count: number
  readonly perMs: number
}

/**
 * Generic cell rate algorithm: two numbers per key instead of a log of times (ITU-T I.371). The burst is half of `count`, because a
 * full one would let twice the rate through in one window. Pure: the caller passes the time.
 */
export class Gcra {
  readonly #increment: number
  readonly #tolerance: number
  /** Theoretical arrival time of the next unit, ms. */
  #arrival = 0

  constructor ({ count, perMs }: Rate) {
    this.#increment = perMs / count
    this.#tolerance = Math.max(perMs / 2, this.#increment)
  }

  /** Takes `cost` units if they fit. A cost above the burst is charged as the burst, so that it can ever pass. */
  take (now: number, cost = 1): boolean {
    const next = this.#next(now, cost)
    if (next - now > this.#tolerance) return false
    this.#arrival = next
    return true
  }

  /** Takes `cost` units for a later time and returns how long to wait, ms: what a sender uses to stay within a receiver's limit. */
  reserve (now: number, cost = 1): number {
    const next = this.#next(now, cost)
    this.#arrival = next
    return Math.max(0, next - now - this.#tolerance)
  }

  /** Milliseconds until `cost` units would fit. */
  delay (now: number, cost = 1): number {
    return Math.max(0, this.#next(now, cost) - now - this.#tolerance)
  }

  #next (now: number, cost: number): number {
    return Math.max(now, this.#arrival) + Math.min(cost * this.#increment, this.#tolerance)
  }
}
