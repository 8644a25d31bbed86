import { createBranch } from './branch.ts'
import type { Branch } from './branch.ts'
import { createDagIndex } from './dag-index.ts'
import type { BlockNumber, DagIndex } from './dag-index.ts'
import { createLinearOrder } from './linear-order.ts'
import type { LinearOrder } from './linear-order.ts'
import { mergeSet } from './past.ts'
import type { Past } from './past.ts'
import { mayReorganise } from './reorganisation.ts'
import { createTransactionIndex } from './transaction-index.ts'
import type { IndexedTransaction, TransactionIndex } from './transaction-index.ts'

/** A block that the rules let in. */
export interface IndexedBlock {
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly height: number
  readonly parents: readonly BlockNumber[]
  readonly transactions: readonly IndexedTransaction[]
}

/** Everything in memory about the blocks held: edges, transactions, the tip and the order below it. */
export interface BlockDag {
  readonly index: DagIndex
  readonly transactions: TransactionIndex
  readonly order: LinearOrder
  /** Branches kept at hand. */
  readonly branches: number
  /** What a block on these parents stands on, and what it merges. */
  below (parents: readonly BlockNumber[]): { past: Past, merged: BlockNumber[] }
  /** Enters a block; `reorganised` counts the selected blocks that left the order, `refused` those that would have (see `mayReorganise`). */
  add (block: IndexedBlock): { block: BlockNumber, tipChanged: boolean, reorganised: number, refused: number }
}

// Competing branches are rare; one too many costs a walk to the fork, nothing else.
const BRANCHES = 4

/** A DAG that holds `genesis` alone. */
export function createBlockDag (genesis: { readonly hash: Uint8Array, readonly header: Uint8Array }): BlockDag {
  const index = createDagIndex()
  const transactions = createTransactionIndex()
  index.add({ ...genesis, height: 0, parents: [] })
  transactions.addBlock([])
  const order = createLinearOrder(index, transactions)
  // the most recently used last
  let branches: Branch[] = []

  const pastOf = (head: BlockNumber): Past => {
    if (head === order.head) return order
    const branch = branches.find(kept => kept.head === head) ?? createBranch(index, transactions, order, head)
    branches = [...branches.filter(kept => kept !== branch), branch].slice(-BRANCHES)
    return branch
  }
  const below = (parents: readonly BlockNumber[]): { past: Past, merged: BlockNumber[] } => {
    const past = pastOf(parents[0] as BlockNumber)
    return { past, merged: mergeSet(index, past, parents) }
  }
  const adopt = (branch: Branch): void => {
    order.truncate(branch.base)
    for (const { merged, head } of branch.segments) order.extend(merged, head)
    branches = branches.filter(kept => kept !== branch && kept.base <= branch.base)
  }

  return {
    index,
    transactions,
    order,
    get branches () { return branches.length },
    below,
    add (indexed) {
      const { past, merged } = below(indexed.parents)
      const block = index.add(indexed)
      transactions.addBlock(indexed.transactions)
      past.extend(merged, block)
      if (past === order) return { block, tipChanged: true, reorganised: 0, refused: 0 }
      if (!index.better(block, order.head)) return { block, tipChanged: false, reorganised: 0, refused: 0 }
      const branch = past as Branch
      const fork = index.height(order.at(branch.base - 1))
      const depth = index.height(order.head) - fork
      if (!mayReorganise(depth, index.height(block) - fork)) return { block, tipChanged: false, reorganised: 0, refused: depth }
      adopt(branch)
      return { block, tipChanged: true, reorganised: depth, refused: 0 }
    }
  }
}
