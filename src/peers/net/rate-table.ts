import { TosError } from '../../errors/index.ts'
import type { Rate } from '../../protocol/gcra.ts'
import type { HashKey, KeyHash } from './key-hash.ts'

/** One rate limit kept for very many keys. */
export interface RateTable {
  /** Takes `cost` units for `key` if they fit. Name a peer by its hash where it is asked per message: hashing costs more than deciding. */
  take (key: string | HashKey, nowMs: number, cost?: number): boolean
  /** Milliseconds until `cost` units would fit. */
  delay (key: string | HashKey, nowMs: number, cost?: number): number
  /** Keys held, spent or not; at most `capacity`. */
  readonly size: number
  /** Memory of the table, fixed from the start. */
  readonly byteLength: number
}

export interface RateTableOptions {
  readonly rate: Rate
  readonly hash: KeyHash
  /** Most keys held; one more drops the key that is nearest to full rest. */
  readonly capacity: number
  /** Share of the rate that may come at once; one unit always may. Half by default: a full burst lets twice the rate through in one window. */
  readonly burst?: number
  /** Most units that one call is charged; half of the rate's count by default, as `Gcra` does. */
  readonly dearest?: number
}

/** int32 and float64 places of one slot: hash `lo` (0: free), hash `hi`, then the arrival time. Together, so that a decision touches one cache line. */
const INTS = 4
const FLOATS = 2
const SLOT_BYTES = 16
/** Slots per key: chains stay short, and 1.5 to 3 slots of 16 bytes stay below 64 bytes per key. */
const SLACK = 1.5
/** Keys looked at to find the stalest when the table is full: the choice is then among the stalest few per cent. */
const SAMPLE = 32
const MAX_CAPACITY = 2 ** 24
/** As in `Gcra`: sums of fractions of a millisecond are not exact. */
const ROUNDING_MS = 1e-3

/**
 * The generic cell rate algorithm (ITU-T I.371) for many keys: decides as one `Gcra` per key would, over one block of memory with open
 * addressing. IPv6 addresses come by /64 (the caller's part). Throws INVALID_VALUE for a capacity outside 1..2^24.
 */
export function createRateTable (options: RateTableOptions): RateTable {
  const { capacity } = options
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) throw new TosError('INVALID_VALUE', `a rate table holds 1 to ${MAX_CAPACITY} keys, not ${capacity}`)
  return new Table(options)
}

class Table implements RateTable {
  readonly #hash: KeyHash
  readonly #capacity: number
  readonly #increment: number
  readonly #limit: number
  readonly #dearest: number
  readonly #mask: number
  readonly #ints: Int32Array
  readonly #arrivals: Float64Array
  #size = 0
  /** Where the search for a stale key goes on. */
  #hand = 0

  constructor ({ rate: { count, perMs }, hash, capacity, burst = 0.5, dearest = count / 2 }: RateTableOptions) {
    this.#hash = hash
    this.#capacity = capacity
    this.#increment = perMs / count
    this.#limit = Math.max(perMs * burst, this.#increment) + ROUNDING_MS
    this.#dearest = Math.max(dearest * this.#increment, this.#increment)
    const slots = 2 ** Math.ceil(Math.log2(capacity * SLACK + 1))
    this.#mask = slots - 1
    const memory = new ArrayBuffer(slots * SLOT_BYTES)
    this.#ints = new Int32Array(memory)
    this.#arrivals = new Float64Array(memory)
  }

  get size (): number { return this.#size }

  get byteLength (): number { return this.#ints.byteLength }

  take (key: string | HashKey, nowMs: number, cost = 1): boolean {
    const { hi, lo } = typeof key === 'string' ? this.#hash(key) : key
    const spent = this.#spent(cost)
    const slot = this.#find(hi, lo)
    if (slot < 0) {
      this.#insert(hi, lo, nowMs, nowMs + spent)
      return true
    }
    const arrival = this.#arrivals[slot * FLOATS + 1] as number
    const next = (arrival > nowMs ? arrival : nowMs) + spent
    // With nothing spent in advance even the dearest call passes. The limit is asked first because it mostly holds: with new keys out of
    // the way above, 10^6 keys, whose slots come from memory one by one, take a quarter less time than in one path for both.
    if (next - nowMs > this.#limit && arrival > nowMs) return false
    this.#arrivals[slot * FLOATS + 1] = next
    return true
  }

  delay (key: string | HashKey, nowMs: number, cost = 1): number {
    const { hi, lo } = typeof key === 'string' ? this.#hash(key) : key
    const slot = this.#find(hi, lo)
    const arrival = slot < 0 ? 0 : this.#arrivals[slot * FLOATS + 1] as number
    return arrival <= nowMs ? 0 : Math.max(0, arrival + this.#spent(cost) - nowMs - this.#limit)
  }

  // a cost that is no number comes from a faulty cost function: it must not disarm the limit
  #spent (cost: number): number {
    return cost >= 0 ? Math.min(cost * this.#increment, this.#dearest) : this.#dearest
  }

  /** The slot of a key, or ~ of the free slot that ends its chain. */
  #find (hi: number, lo: number): number {
    const ints = this.#ints
    for (let slot = lo & this.#mask; ; slot = slot + 1 & this.#mask) {
      const held = ints[slot * INTS]
      if (held === lo && ints[slot * INTS + 1] === hi) return slot
      if (held === 0) return ~slot
    }
  }

  #insert (hi: number, lo: number, nowMs: number, arrival: number): void {
    if (this.#size === this.#capacity) this.#remove(this.#stalest(nowMs))
    // looked up again: the removal may have moved what stood in the way
    const slot = ~this.#find(hi, lo)
    this.#ints[slot * INTS] = lo
    this.#ints[slot * INTS + 1] = hi
    this.#arrivals[slot * FLOATS + 1] = arrival
    this.#size++
  }

  /** A key with nothing spent in advance, which is as good as new, or else the nearest to that in the sample. */
  #stalest (nowMs: number): number {
    let best = -1
    let lowest = Infinity
    for (let seen = 0; seen < SAMPLE && lowest > nowMs; this.#hand = this.#hand + 1 & this.#mask) {
      if (this.#ints[this.#hand * INTS] === 0) continue
      seen++
      const arrival = this.#arrivals[this.#hand * FLOATS + 1] as number
      if (arrival >= lowest) continue
      lowest = arrival
      best = this.#hand
    }
    return best
  }

  /** Frees a slot and moves later members of its chain up, so that no search ends early (Knuth, volume 3, 6.4, algorithm R). */
  #remove (slot: number): void {
    const ints = this.#ints
    let free = slot
    for (let at = slot + 1 & this.#mask; ints[at * INTS] !== 0; at = at + 1 & this.#mask) {
      const home = (ints[at * INTS] as number) & this.#mask
      // a key may move to the free slot unless its home lies behind it
      if ((at - home & this.#mask) < (at - free & this.#mask)) continue
      ints.copyWithin(free * INTS, at * INTS, (at + 1) * INTS)
      free = at
    }
    ints[free * INTS] = 0
    this.#size--
  }
}
