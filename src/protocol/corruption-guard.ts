/** Damaged frames within a minute that close a connection (WIRE.md §2). */
export const CORRUPT_STRIKES = 3
const WINDOW_MS = 60_000

/** Counts damaged frames per connection. Keys are held weakly: a closed connection is forgotten by itself. */
export class CorruptionGuard {
  readonly #clock: () => number
  readonly #strikes: number
  readonly #times: WeakMap<object, number[]> = new WeakMap()

  constructor (clock: () => number, strikes: number = CORRUPT_STRIKES) {
    this.#clock = clock
    this.#strikes = strikes
  }

  /** Notes one damaged frame and returns true when it was one too many. */
  strike (connection: object): boolean {
    const now = this.#clock()
    const times = [...this.#times.get(connection) ?? [], now].filter(time => now - time < WINDOW_MS)
    this.#times.set(connection, times)
    return times.length >= this.#strikes
  }
}
