import type { BlockNumber, DagIndex } from './dag-index.ts'
import type { LinearOrder } from './linear-order.ts'
import { mergeSet } from './past.ts'
import type { Past } from './past.ts'
import type { AccountNumber, TransactionIndex } from './transaction-index.ts'

/** The past of a block off the selected chain: the order up to the fork, and the branch on top of it. */
export interface Branch extends Past {
  /** Positions of the linear order that this branch stands on; it is void once the order is cut below. */
  readonly base: number
  /** Selected blocks of the branch with what each merges, in order. */
  readonly segments: ReadonlyArray<{ readonly merged: readonly BlockNumber[], readonly head: BlockNumber }>
}

/** Builds the past of `tip` by walking down to the selected chain and up again. */
export function createBranch (dag: DagIndex, transactions: TransactionIndex, order: LinearOrder, tip: BlockNumber): Branch {
  const path: BlockNumber[] = []
  let fork = tip
  for (; !order.isSelected(fork); fork = dag.selectedParent(fork)) path.push(fork)
  const base = order.positionOf(fork) + 1
  const own = new Set<BlockNumber>()
  const nonces = new Map<AccountNumber, number>()
  const segments: Array<{ merged: readonly BlockNumber[], head: BlockNumber }> = []
  let head = fork

  const nextNonce = (account: AccountNumber): number => nonces.get(account) ?? order.nextNonceAt(account, base)
  const append = (block: BlockNumber): void => {
    own.add(block)
    for (const transaction of transactions.inBlock(block)) {
      const account = transactions.accountOf(transaction)
      if (transactions.nonceOf(transaction) === nextNonce(account)) nonces.set(account, nextNonce(account) + 1)
    }
  }
  const branch: Branch = {
    base,
    segments,
    get head () { return head },
    includes (block) {
      const position = order.positionOf(block)
      return (position !== -1 && position < base) || own.has(block)
    },
    nextNonce,
    extend (merged, block) {
      for (const other of merged) append(other)
      append(block)
      segments.push({ merged, head: block })
      head = block
    }
  }
  for (const block of path.toReversed()) branch.extend(mergeSet(dag, branch, dag.parents(block)), block)
  return branch
}
