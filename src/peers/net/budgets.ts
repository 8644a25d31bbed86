import type { Rate } from '../../protocol/gcra.ts'
import type { HashKey, KeyHash } from './key-hash.ts'
import { createRateTable } from './rate-table.ts'
import type { RateTable } from './rate-table.ts'

/** What one peer may send unasked. */
export interface BudgetRates {
  readonly messages: Rate
  readonly bytes: Rate
}

const MINUTE = 60_000
const MIB = 2 ** 20

/** WIRE §7: the specification's numbers, for unsolicited traffic; `tos-spec` counts messages per second as TOS's own list does. */
export const BUDGET_RATES = {
  default: { messages: { count: 100, perMs: MINUTE }, bytes: { count: MIB, perMs: MINUTE } },
  'tos-spec': { messages: { count: 100, perMs: 1000 }, bytes: { count: MIB, perMs: MINUTE } }
} as const satisfies Record<string, BudgetRates>

/** No message of any protocol is larger: one is always paid in full. */
const DEAREST_BYTES = 64 * MIB

/** Counts unsolicited messages and their bytes. Answers are charged to their request, not here. */
export interface Budgets {
  /** Charges one received message; the name of the budget it exceeds, undefined when it fits both. A message without room for its bytes still counts as one. */
  charge (peer: string | HashKey, nowMs: number, bytes: number): 'messages' | 'bytes' | undefined
  /** Charges further bytes of a message that was charged already, as they come on its stream; false when they do not fit. */
  chargeBytes (peer: string | HashKey, nowMs: number, bytes: number): boolean
  /** Milliseconds until a message of that size would fit. */
  delay (peer: string | HashKey, nowMs: number, bytes: number): number
  /** Peers held, at most `capacity`. */
  readonly size: number
}

export interface BudgetsOptions {
  readonly hash: KeyHash
  readonly rates?: BudgetRates
  /** Most peers held; each takes up to 96 bytes in the two tables. */
  readonly capacity?: number
}

/** A thousand times the peers a node has: those that were here lately keep their debts. */
const CAPACITY = 65_536

/** Half of each budget may come at once (PERFORMANCE §1.8). A message larger than that passes when nothing is owed, and is owed in full. */
export function createBudgets ({ hash, rates = BUDGET_RATES.default, capacity = CAPACITY }: BudgetsOptions): Budgets {
  const messages: RateTable = createRateTable({ rate: rates.messages, hash, capacity })
  const bytes: RateTable = createRateTable({ rate: rates.bytes, hash, capacity, dearest: DEAREST_BYTES })
  const keyOf = (peer: string | HashKey): HashKey => typeof peer === 'string' ? hash(peer) : peer
  return {
    charge (peer, nowMs, size) {
      const key = keyOf(peer)
      if (!messages.take(key, nowMs)) return 'messages'
      return bytes.take(key, nowMs, size) ? undefined : 'bytes'
    },
    chargeBytes: (peer, nowMs, size) => bytes.take(keyOf(peer), nowMs, size),
    delay (peer, nowMs, size) {
      const key = keyOf(peer)
      return Math.max(messages.delay(key, nowMs), bytes.delay(key, nowMs, size))
    },
    get size () { return messages.size }
  }
}
