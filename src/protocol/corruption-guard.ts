/** Damaged frames within `WINDOW_MS` that close a connection (WIRE.md §2). */
const STRIKES = 3
const WINDOW_MS = 60_000

/** Counts damaged frames per connection. Keys are held weakly: a closed connection is forgotten by itself. */
export class CorruptionGuard {
  readonly #clock: () => number
  readonly #times: WeakMap<object, number[]> = new WeakMap()

  constructor (clock: () => number) {
    this.#clock = clock
  }

  /** Notes one damaged frame and returns true when it was one too many. */
  strike (connection: object): boolean {
    const now = this.#clock()
    const times = [...this.#times.get(connection) ?? [], now].filter(time => now - time < WINDOW_MS)
    this.#times.set(connection, times)
    return times.length >= STRIKES
  }
}
