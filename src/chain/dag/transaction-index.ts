import { createByteColumn, createU32Column } from './columns.ts'
import type { BlockNumber } from './dag-index.ts'
import { HASH_BYTES } from '../block/hash.ts'
import { createHashIndex } from './hash-index.ts'

/** A transaction's number, and a sender's: in order of first appearance. */
export type TransactionNumber = number
export type AccountNumber = number

/** What the index keeps of a transaction. */
export interface IndexedTransaction {
  readonly id: Uint8Array
  readonly sender: Uint8Array
  readonly nonce: number
}

/** Which transactions stand in which block. One that several branches hold is kept once. */
export interface TransactionIndex {
  readonly transactions: number
  readonly accounts: number
  /** -1 when no held block has it. */
  find (id: Uint8Array): TransactionNumber
  /** -1 when no held block has a transaction of this sender. */
  account (sender: Uint8Array): AccountNumber
  accountOf (transaction: TransactionNumber): AccountNumber
  sender (account: AccountNumber): Uint8Array
  nonceOf (transaction: TransactionNumber): number
  /** The transactions of a block, in its order. */
  inBlock (block: BlockNumber): TransactionNumber[]
  id (transaction: TransactionNumber): Uint8Array
  /** Enters the transactions of the newest block; blocks come in the order of their numbers. */
  addBlock (transactions: readonly IndexedTransaction[]): void
}

/** An empty index: about 48 bytes a transaction and 4 for each block that repeats it. */
export function createTransactionIndex (): TransactionIndex {
  const ids = createByteColumn(HASH_BYTES)
  const byId = createHashIndex(ids)
  const senders = createByteColumn(HASH_BYTES)
  const bySender = createHashIndex(senders)
  const accounts = createU32Column()
  const nonces = createU32Column()
  // block b holds the references from ends(b - 1) to ends(b)
  const references = createU32Column()
  const ends = createU32Column()

  const enterAccount = (sender: Uint8Array): AccountNumber => {
    const known = bySender.find(sender)
    if (known !== -1) return known
    const account = senders.push(sender)
    bySender.add(account)
    return account
  }
  const enter = ({ id, sender, nonce }: IndexedTransaction): TransactionNumber => {
    const known = byId.find(id)
    if (known !== -1) return known
    const transaction = ids.push(id)
    byId.add(transaction)
    accounts.push(enterAccount(sender))
    nonces.push(nonce)
    return transaction
  }

  return {
    get transactions () { return ids.length },
    get accounts () { return senders.length },
    find: id => byId.find(id),
    account: sender => bySender.find(sender),
    accountOf: transaction => accounts.get(transaction),
    sender: account => senders.copy(account),
    nonceOf: transaction => nonces.get(transaction),
    inBlock (block) {
      const out: TransactionNumber[] = []
      for (let at = block === 0 ? 0 : ends.get(block - 1); at < ends.get(block); at++) out.push(references.get(at))
      return out
    },
    id: transaction => ids.copy(transaction),
    addBlock (transactions) {
      for (const transaction of transactions) references.push(enter(transaction))
      ends.push(references.length)
    }
  }
}
