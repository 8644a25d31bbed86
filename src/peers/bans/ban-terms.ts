const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A first ban, ms; each further one lasts twice as long (WIRE.md §7). */
export const FIRST_BAN_MS: number = 15 * MINUTE
export const LONGEST_BAN_MS: number = 24 * HOUR
/** Ban of an address: short, because others may live behind it. */
export const LONGEST_ADDRESS_BAN_MS: number = HOUR
/** Longest ban with an end that an operator may give, ms: what is meant longer has no end. */
export const LONGEST_ORDER_MS: number = 3650 * 24 * HOUR
/** How long after its end a ban still doubles the next one. As long as the longest ban, so that waiting it out does not pay. */
export const MEMORY_MS: number = 24 * HOUR
/** An address is banned when more than this many peer ids behind it are banned at the same time (SECURITY §3). */
export const IDS_PER_ADDRESS = 5
/** One machine or site in IPv6 usually holds a /64. */
export const ADDRESS_BITS = { 4: 32, 6: 64 } as const

/** How long the `times`-th ban in a row lasts, ms: 15 min, 30 min, … up to `longest`. */
export function banDuration (times: number, longest: number = LONGEST_BAN_MS): number {
  return Math.min(FIRST_BAN_MS * 2 ** Math.min(times - 1, 32), longest)
}
