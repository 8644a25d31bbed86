/** What the order of the pool looks at. */
export interface Ranked {
  readonly fee: bigint
  readonly energyUsed: bigint
  readonly priority: number
  readonly data: Uint8Array
  /** Rises with arrival. */
  readonly arrival: number
}

/**
 * Negative when `a` is worth more than `b`. Paid by fee or energy before unpaid (WIRE.md §9: neither is the lowest priority), then the
 * priority field, then fee per byte, then energy per byte, then the older one. A total order: two entries never tie.
 */
export function compareWorth (a: Ranked, b: Ranked): number {
  return Number(isPaid(b)) - Number(isPaid(a)) ||
    b.priority - a.priority ||
    compareRate(b.fee, b, a.fee, a) ||
    compareRate(b.energyUsed, b, a.energyUsed, a) ||
    a.arrival - b.arrival
}

function isPaid ({ fee, energyUsed }: Ranked): boolean {
  return fee > 0n || energyUsed > 0n
}

// cross-multiplied, so that no precision is lost
function compareRate (x: bigint, { data: xData }: Ranked, y: bigint, { data: yData }: Ranked): number {
  const left = x * BigInt(yData.length)
  const right = y * BigInt(xData.length)
  return left === right ? 0 : left < right ? -1 : 1
}
