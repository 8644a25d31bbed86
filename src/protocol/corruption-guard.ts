import type { TosErrorCode } from '../errors/index.ts'

/** Damaged frames within a minute that close a connection (WIRE.md §2). */
export const CORRUPT_STRIKES = 3
const WINDOW_MS = 60_000

/** A connection on which a seal broke is in somebody else's hands, or was never the peer's (WIRE.md §6). */
const AT_ONCE: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['SEAL_BROKEN', 'FRAME_REPLAYED'])

/** Counts damaged frames per connection. Keys are held weakly: a closed connection is forgotten by itself. */
export class CorruptionGuard {
  readonly #clock: () => number
  readonly #strikes: number
  readonly #times: WeakMap<object, number[]> = new WeakMap()

  constructor (clock: () => number, strikes: number = CORRUPT_STRIKES) {
    this.#clock = clock
    this.#strikes = strikes
  }

  /** Notes an incident on a connection and returns true when the connection must be closed for it. */
  strike (connection: object, code: TosErrorCode): boolean {
    if (AT_ONCE.has(code)) return true
    if (code !== 'CORRUPT_MESSAGE') return false
    const now = this.#clock()
    const times = [...this.#times.get(connection) ?? [], now].filter(time => now - time < WINDOW_MS)
    this.#times.set(connection, times)
    return times.length >= this.#strikes
  }
}
