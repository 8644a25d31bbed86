import type { Ledger, LedgerTransaction } from '../ledger.ts'
import type { Ranked } from './order.ts'

/** A transaction in the pool. Its arrays are the pool's own; `addedAt` in Unix milliseconds. */
export interface PoolTransaction extends LedgerTransaction, Ranked {
  /** Id and sender in hexadecimal: the keys of the books. */
  readonly key: string
  readonly senderKey: string
  readonly priority: number
  readonly addedAt: number
}

/** One sender's transactions by nonce. `gaps` of them wait for an earlier nonce that is not here. */
export interface Sender {
  readonly sender: Uint8Array
  readonly byNonce: Map<bigint, PoolTransaction>
  gaps: number
}

/** How many of `sender`'s transactions follow without a gap from `next` on. */
export function runLength ({ byNonce }: Sender, next: bigint): number {
  let length = 0
  while (byNonce.has(next + BigInt(length))) length++
  return length
}

/** The sender's transaction with the highest nonce: the only one that can go without stranding another. */
export function tailOf ({ byNonce }: Sender): PoolTransaction | undefined {
  let tail: PoolTransaction | undefined
  for (const entry of byNonce.values()) if (tail === undefined || entry.nonce > tail.nonce) tail = entry
  return tail
}

/** Entries whose nonce the chain has already used. */
export function spent ({ sender, byNonce }: Sender, ledger: Ledger): PoolTransaction[] {
  const next = ledger.nextNonce(sender)
  return [...byNonce.values()].filter(entry => entry.nonce < next)
}
