import type { TxAnswer } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import { sameBytes, sha3 } from '../block/hash.ts'
import { verifyMerkleProof } from '../block/merkle.ts'
import type { HeaderChain } from './header-chain.ts'

/** A transaction that stands in a block of the chain followed here. */
export interface ProvenTransaction {
  readonly id: Uint8Array
  readonly data: Uint8Array
  readonly blockHash: Uint8Array
  readonly blockHeight: bigint
  readonly index: number
  /** Blocks of the selected chain from the one that took it in to the tip: 1 at the tip. */
  readonly confirmations: bigint
  /** In a block that the selected chain merged: a conflicting transaction of an earlier block may stand before it. */
  readonly merged: boolean
}

/** What one answer shows. `unknownBlock`: the proof may hold, but the chain followed here has no such block. */
export type ProofVerdict =
  | { readonly status: 'proven', readonly proven: ProvenTransaction }
  | { readonly status: 'absent' }
  | { readonly status: 'unmined' }
  | { readonly status: 'unknownBlock', readonly blockHash: Uint8Array }

/**
 * Checks what a peer answered to a request for the one transaction `id`, with a proof. Throws `PROOF_FORGED` when the bytes are not that
 * transaction's, or the proof does not lead to the Merkle root of its block, or names a wrong height.
 */
export function checkProof (chain: HeaderChain, id: Uint8Array, { transactions }: Pick<TxAnswer, 'transactions'>): ProofVerdict {
  const [found] = transactions
  if (found === undefined) return { status: 'absent' }
  const forged = (why: string): TosError => new TosError('PROOF_FORGED', `${why}: transaction ${toHex(id)}`, { details: { id: toHex(id) } })
  if (transactions.length > 1 || !sameBytes(found.txHash, id) || !sameBytes(sha3(found.data), id)) throw forged('the answer is another transaction')
  const { proof, data } = found
  if (proof === null) return { status: 'unmined' }
  const { blockHash, index } = proof
  const header = chain.header(blockHash)
  if (header === undefined) return { status: 'unknownBlock', blockHash }
  if (proof.blockHeight !== header.height) throw forged(`height ${proof.blockHeight} is not the block's ${header.height}`)
  if (!verifyMerkleProof({ id, index, siblings: proof.siblings, root: header.txRoot })) throw forged('the proof does not lead to the root of its block')
  const taken = chain.takenAt(blockHash)
  if (taken === undefined) return { status: 'unknownBlock', blockHash }
  return {
    status: 'proven',
    proven: { id, data, blockHash, blockHeight: header.height, index, confirmations: chain.tip().height - taken + 1n, merged: taken !== header.height }
  }
}
