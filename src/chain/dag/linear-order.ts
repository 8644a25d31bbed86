import { createU32Column } from './columns.ts'
import type { BlockNumber, DagIndex } from './dag-index.ts'
import type { Past } from './past.ts'
import type { AccountNumber, TransactionIndex, TransactionNumber } from './transaction-index.ts'

/**
 * The blocks below the tip in topological order, with the accounts that follow from it: for each selected block what it merges, then
 * the block itself. Position 0 is genesis.
 */
export interface LinearOrder extends Past {
  readonly length: number
  at (position: number): BlockNumber
  /** -1 when the block is not below the tip. */
  positionOf (block: BlockNumber): number
  /** Selected-chain block of a height, -1 above the tip. */
  selectedAt (height: number): BlockNumber
  isSelected (block: BlockNumber): boolean
  /** As `nextNonce`, counting only the first `length` blocks. */
  nextNonceAt (account: AccountNumber, length: number): number
  /** The block in which a transaction counts, -1 when it counts in none. */
  blockOf (transaction: TransactionNumber): BlockNumber
  /** Takes back all from position `length` on. */
  truncate (length: number): void
}

/** The order of a DAG that holds genesis alone. */
export function createLinearOrder (dag: DagIndex, transactions: TransactionIndex): LinearOrder {
  const order = createU32Column()
  const positions = createU32Column()
  const selected = createU32Column()
  // 0: counts nowhere; else the block's number + 1
  const countsIn = createU32Column()
  // per account its counted transactions, the index being the nonce
  const histories: TransactionNumber[][] = []
  let head = 0

  const historyOf = (account: AccountNumber): TransactionNumber[] => histories[account] ??= []
  const blockOf = (transaction: TransactionNumber): BlockNumber => countsIn.get(transaction) - 1
  const positionOf = (block: BlockNumber): number => positions.get(block) - 1

  const append = (block: BlockNumber): void => {
    order.push(block)
    positions.set(block, order.length)
    for (const transaction of transactions.inBlock(block)) {
      const history = historyOf(transactions.accountOf(transaction))
      // A lower nonce was used up by a merged branch: the same transaction counts once, a conflicting one not at all.
      if (transactions.nonceOf(transaction) !== history.length) continue
      history.push(transaction)
      countsIn.set(transaction, block + 1)
    }
  }
  const takeBack = (block: BlockNumber): void => {
    for (const transaction of transactions.inBlock(block)) {
      if (blockOf(transaction) !== block) continue
      historyOf(transactions.accountOf(transaction)).pop()
      countsIn.set(transaction, 0)
    }
    positions.set(block, 0)
  }

  append(0)
  selected.push(0)

  return {
    get head () { return head },
    get length () { return order.length },
    includes: block => positions.get(block) !== 0,
    nextNonce: account => histories[account]?.length ?? 0,
    extend (merged, block) {
      for (const other of merged) append(other)
      append(block)
      selected.push(block)
      head = block
    },
    at: position => order.get(position),
    positionOf,
    selectedAt: height => height < selected.length ? selected.get(height) : -1,
    isSelected: block => selected.get(dag.height(block)) === block,
    nextNonceAt (account, length) {
      const history = histories[account] ?? []
      // positions rise with the nonce: find the first at or above `length`
      let low = 0
      let high = history.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (positionOf(blockOf(history[middle] as TransactionNumber)) < length) low = middle + 1
        else high = middle
      }
      return low
    },
    blockOf,
    truncate (length) {
      for (let position = order.length - 1; position >= length; position--) takeBack(order.get(position))
      order.truncate(length)
      while (selected.length > 0 && positions.get(selected.get(selected.length - 1)) === 0) selected.truncate(selected.length - 1)
      head = selected.get(selected.length - 1)
    }
  }
}
