import { invalidBlock } from './block-rules.ts'
import type { BlockNumber } from '../dag/dag-index.ts'
import type { Past } from '../dag/past.ts'
import type { AccountNumber, TransactionIndex } from '../dag/transaction-index.ts'

/** Where a sender stands: on the selected parent, with all that the block merges, and after the block's transactions so far. */
interface Standing {
  readonly selected: number
  readonly merged: number
  /** Undefined before the block's first transaction of this sender. */
  own: number | undefined
}

/**
 * A sender's nonces are consecutive (WIRE.md §9). The first that a block carries is at least the selected parent's next (so nothing
 * below is replayed) and at most the next after everything merged (so there is no gap); those that follow count up by one. In between
 * stand transactions that a merged branch repeats or contradicts: they are skipped later, and the block is as valid as without them.
 * Both bounds depend only on what lies below the block, so every node judges alike. Throws `INVALID_BLOCK` with rule `nonce`.
 */
export function checkNonces (senders: ReadonlyArray<{ readonly sender: Uint8Array, readonly nonce: bigint }>, past: Past, merged: readonly BlockNumber[], index: TransactionIndex): void {
  const raised = mergedNonces(past, merged, index)
  const standings = new Map<string, Standing>()
  for (const [i, { sender, nonce }] of senders.entries()) {
    const key = Buffer.from(sender).toString('latin1')
    let standing = standings.get(key)
    if (standing === undefined) {
      const account = index.account(sender)
      const selected = account === -1 ? 0 : past.nextNonce(account)
      standing = { selected, merged: raised.get(account) ?? selected, own: undefined }
      standings.set(key, standing)
    }
    const { selected, merged: next, own } = standing
    const fits = own === undefined ? nonce >= BigInt(selected) && nonce <= BigInt(next) : nonce === BigInt(own)
    if (!fits) throw invalidBlock('nonce', `transaction ${i} carries nonce ${nonce}, expected ${own ?? next}`, { index: i, nonce, expected: own ?? next })
    standing.own = Number(nonce) + 1
  }
}

/** Next nonces after the merge set, of the accounts it touches. */
function mergedNonces (past: Past, merged: readonly BlockNumber[], index: TransactionIndex): Map<AccountNumber, number> {
  const next = new Map<AccountNumber, number>()
  for (const block of merged) {
    for (const transaction of index.inBlock(block)) {
      const account = index.accountOf(transaction)
      const expected = next.get(account) ?? past.nextNonce(account)
      if (index.nonceOf(transaction) === expected) next.set(account, expected + 1)
    }
  }
  return next
}
