import { blockData } from '../../../protocols/index.ts'
import type { BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { decode } from '../../wire/index.ts'
import { sha3 } from '../block/hash.ts'
import { blockHeader } from '../block/header.ts'
import type { BlockHeader } from '../block/header.ts'
import type { TransactionChecks } from '../block/transaction-checks.ts'
import { decodeStub, encodeStub, isStub } from '../store/block-stub.ts'
import type { BlockDag, IndexedBlock } from './block-dag.ts'
import type { BlockNumber } from './dag-index.ts'
import type { IndexedTransaction } from './transaction-index.ts'

/** A record of the block log, read but not judged. */
export interface StoredBlock {
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly fields: BlockHeader
  readonly transactions: readonly IndexedTransaction[]
  /** Undefined when only a stub is left. */
  readonly block: BlockData | undefined
}

/** Throws what decoding throws. */
export function readStored (bytes: Uint8Array, checks: Pick<TransactionChecks, 'parse'>): StoredBlock {
  if (isStub(bytes)) {
    const { header, transactions } = decodeStub(bytes)
    return {
      hash: sha3(header), header, fields: decode(blockHeader, header), block: undefined,
      transactions: transactions.map(({ id, sender, nonce }) => ({ id, sender, nonce: Number(nonce) }))
    }
  }
  const block = decode(blockData, bytes)
  const transactions = block.transactions.map(data => {
    const { id, value } = checks.parse(data)
    return { id, sender: value.sender, nonce: Number(value.nonce) }
  })
  return { hash: block.hash, header: block.header, fields: decode(blockHeader, block.header), transactions, block }
}

/** Numbers of the parents. Throws `STORE_CORRUPT` when one does not stand before the block. */
export function parentsOf ({ fields }: StoredBlock, { index }: BlockDag): BlockNumber[] {
  const parents = fields.parents.map(parent => index.find(parent))
  if (parents.length === 0 || parents.includes(-1)) throw new TosError('STORE_CORRUPT', 'a parent is missing')
  return parents
}

/** The block as the index takes it. Throws as `parentsOf`. */
export function linked (stored: StoredBlock, dag: BlockDag): IndexedBlock {
  const { hash, header, fields, transactions } = stored
  return { hash, header, height: Number(fields.height), parents: parentsOf(stored, dag), transactions }
}

/** The stub of a block that the index holds: made without its body, which may be damaged. */
export function stubOf (block: BlockNumber, { index, transactions }: BlockDag): Uint8Array {
  return encodeStub({
    header: index.headerBytes(block),
    transactions: transactions.inBlock(block).map(transaction => ({
      id: transactions.id(transaction), sender: transactions.sender(transactions.accountOf(transaction)), nonce: BigInt(transactions.nonceOf(transaction))
    }))
  })
}
