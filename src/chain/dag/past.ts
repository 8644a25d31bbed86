import type { BlockNumber, DagIndex } from './dag-index.ts'
import type { AccountNumber } from './transaction-index.ts'

/** All that a block stands on: its selected parent `head` and everything below, as the rules see it. */
export interface Past {
  readonly head: BlockNumber
  includes (block: BlockNumber): boolean
  /** The nonce that the account's next transaction carries here. */
  nextNonce (account: AccountNumber): number
  /** Adds what the next selected block merges, then that block. */
  extend (merged: readonly BlockNumber[], head: BlockNumber): void
}

/**
 * What a block with these parents adds to the past of its selected parent, besides itself: parents before children, the same on
 * every node.
 */
export function mergeSet (dag: DagIndex, past: Past, parents: readonly BlockNumber[]): BlockNumber[] {
  const merged = new Set<BlockNumber>()
  const queue = parents.slice(1)
  for (let block = queue.pop(); block !== undefined; block = queue.pop()) {
    if (merged.has(block) || past.includes(block)) continue
    merged.add(block)
    queue.push(...dag.parents(block))
  }
  return merged.size < 2 ? [...merged] : [...merged].sort(dag.compare)
}
