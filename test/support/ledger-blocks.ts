import type { BlockData } from '../../protocols/index.ts'
import { createTransactionSigner, difficultyOf, merkleRoot, mineHeader, transactionId } from '../../src/chain/index.ts'
import type { BlockHeader, TransactionSigner } from '../../src/chain/index.ts'

/** A private network at the least difficulty: every nonce will do, and blocks cost nothing. */
export const EASY = { network: 'easy', difficulty: 1n } as const
/** Unix milliseconds by which every block built here lies in the past. */
export const NOW = 1_700_100_000_000

/** A key that follows from a number. */
export function signer (number: number, network: string = EASY.network): TransactionSigner {
  return createTransactionSigner(Buffer.alloc(32, number + 1), network)
}

/** A signed transaction; `mark` tells two with the same nonce apart. */
export function pay (from: TransactionSigner, nonce: number, mark = 'pay'): Uint8Array {
  return from.sign({ nonce: BigInt(nonce), fee: 1n, priority: 0, privacyLevel: 0, energyUsed: 0n, body: Buffer.from(mark) })
}

export type Parent = Pick<BlockData, 'hash' | 'height'>

/** Builds and mines a block; `header` and `block` replace fields afterwards and beforehand, to break rules. */
export async function blockOn (parents: readonly Parent[], { transactions = [], header = {}, block = {}, network = EASY.network, difficulty = EASY.difficulty }: {
  transactions?: Uint8Array[], header?: Partial<BlockHeader>, block?: Partial<BlockData>, network?: string, difficulty?: bigint | undefined
} = {}): Promise<BlockData> {
  const height = 1n + parents.map(parent => parent.height).reduce((a, b) => a > b ? a : b, -1n)
  const full: BlockHeader = {
    version: 1, height, timestamp: 1_700_000_000_000n + height * 1000n, parents: parents.map(parent => parent.hash), txRoot: merkleRoot(transactions.map(transactionId)),
    difficulty: network === EASY.network ? difficulty : difficultyOf(network), nonce: 0n, aiMined: false, miner: Buffer.alloc(32), ...header
  }
  const mined = await mineHeader(full)
  if (mined === undefined) throw new Error('no nonce')
  return { hash: mined.hash, height: full.height, parents: full.parents, header: mined.header, transactions, ...block }
}
