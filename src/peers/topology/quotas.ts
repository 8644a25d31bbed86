import type { NodeType } from '../../../protocols/services.ts'

/** A node type that has a quota. */
export type QuotaType = Exclude<NodeType, 'unknown'>

/** The specification's nodeDistribution, thousandths, and what each part is good for. */
export const NODE_TYPE_SHARES: Readonly<Record<QuotaType, number>> = {
  // they hold and serve every block
  full: 600,
  // they need somebody, and cost little
  light: 300,
  // where blocks come from, so where they are heard first
  mining: 80,
  // few, and targets: one link is enough to hear their votes early
  validator: 20
}

/** Spreads `seats` over the types by largest remainder. A tie goes to the smaller share, which would otherwise get nothing. */
export function quotaSeats (seats: number, shares: Readonly<Record<QuotaType, number>> = NODE_TYPE_SHARES): Record<QuotaType, number> {
  const types = Object.keys(shares) as QuotaType[]
  const total = types.reduce((sum, type) => sum + shares[type], 0)
  const whole = Math.max(0, Math.floor(seats))
  const seatsOf = Object.fromEntries(types.map(type => [type, Math.floor(whole * shares[type] / total)])) as Record<QuotaType, number>
  const left = whole - types.reduce((sum, type) => sum + seatsOf[type], 0)
  // whole numbers: the remainders 0.5 and 0.5 of 25 seats must be equal
  const byRemainder = types.sort((a, b) => whole * shares[b] % total - whole * shares[a] % total || shares[a] - shares[b])
  for (const type of byRemainder.slice(0, left)) seatsOf[type]++
  return seatsOf
}
