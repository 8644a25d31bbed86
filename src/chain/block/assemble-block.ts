import type { BlockTemplate } from '../ledger.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { BlockHeader } from './header.ts'

/** What a block is made of besides the ledger's template. */
export interface AssembleDeps {
  readonly mempool: Pick<Mempool, 'take'>
  /** Merkle root over transaction ids, e.g. `merkleRoot`. */
  readonly txRoot: (ids: readonly Uint8Array[]) => Uint8Array
  /** Bytes and number of transactions in a block (defaults 1 MiB, 10,000). */
  readonly maxBytes?: number
  readonly maxCount?: number
}

/** Who mines it, and when. */
export interface AssembleFacts {
  /** Ed25519 key named as miner, 32 bytes. */
  readonly miner: Uint8Array
  readonly aiMined?: boolean
  /** Unix milliseconds. */
  readonly now: number
}

/** A block that lacks its nonce: header and the best transactions of the pool. */
export function assembleBlock (
  { parents, height, difficulty, minTimestamp }: BlockTemplate, { miner, aiMined = false, now }: AssembleFacts, { mempool, txRoot, maxBytes = 1024 * 1024, maxCount = 10_000 }: AssembleDeps
): { header: BlockHeader, transactions: Uint8Array[] } {
  const taken = mempool.take(maxBytes, maxCount)
  const time = BigInt(Math.floor(now))
  const header = {
    version: 1, height, timestamp: time > minTimestamp ? time : minTimestamp, parents, txRoot: txRoot(taken.map(({ id }) => id)), difficulty, nonce: 0n, aiMined, miner
  }
  return { header, transactions: taken.map(({ data }) => data) }
}
