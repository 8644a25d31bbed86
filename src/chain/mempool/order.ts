/** What the order of the pool looks at, worked out once per transaction. */
export interface Ranked {
  /** By fee or energy; WIRE.md §9: neither is the lowest priority. */
  readonly isPaid: boolean
  readonly priority: number
  /** Fee and energy per byte. */
  readonly feeRate: number
  readonly energyRate: number
  /** Rises with arrival. */
  readonly arrival: number
}

/** The rank of a transaction of `size` bytes. Rates are rounded to a double: beyond 2^53 two fees may tie, and age decides. */
export function rankOf ({ fee, energyUsed, priority }: { fee: bigint, energyUsed: bigint, priority: number }, size: number, arrival: number): Ranked {
  return { isPaid: fee > 0n || energyUsed > 0n, priority, feeRate: Number(fee) / size, energyRate: Number(energyUsed) / size, arrival }
}

/**
 * Negative when `a` is worth more than `b`. Paid before unpaid, then the priority field, then fee per byte, then energy per byte, then
 * the older one. A total order: two entries never tie.
 */
export function compareWorth (a: Ranked, b: Ranked): number {
  return Number(b.isPaid) - Number(a.isPaid) || b.priority - a.priority || b.feeRate - a.feeRate || b.energyRate - a.energyRate || a.arrival - b.arrival
}
