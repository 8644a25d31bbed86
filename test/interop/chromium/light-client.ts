import type { PeerId } from '@libp2p/interface'
import { blockHeader, decode, DETAIL, sha3, toHex, verifyMerkleProof } from '../../../src/browser.ts'
import type { BlockAnswer, BlockHeader, BlockQuestion, ProtocolService, TxAnswer, TxQuestion } from '../../../src/browser.ts'

/** The two services a light client asks. */
export interface LightServices {
  readonly blocks: ProtocolService<BlockQuestion, BlockAnswer>
  readonly transactions: ProtocolService<TxQuestion, TxAnswer>
}

/** The header of a block, believed because it hashes to the name it was asked by. */
async function headerOf ({ blocks }: LightServices, peer: PeerId, hash: Uint8Array): Promise<BlockHeader> {
  const { blocks: [block] } = await blocks.request(peer, { query: { type: 'byHash', value: [hash] }, detail: DETAIL.header, maxItems: 1 })
  if (block === undefined) throw new Error('no such block')
  if (toHex(sha3(block.header)) !== toHex(hash)) throw new Error('the header is another one')
  return decode(blockHeader, block.header)
}

/** Fetches transactions and shows by Merkle proofs that they stand in the block; counts what holds, and what holds after a bit was turned. */
export async function verifyTransactions (services: LightServices, peer: PeerId, block: Uint8Array, txHashes: Uint8Array[]): Promise<{ readonly height: string, readonly proven: number, readonly forged: number }> {
  const { height, txRoot: root } = await headerOf(services, peer, block)
  const answer = await services.transactions.request(peer, { txHashes, includeProof: true })
  const proofs = answer.transactions.flatMap(({ data, proof }) => proof === null ? [] : [{ id: sha3(data), index: proof.index, siblings: proof.siblings, root }])
  const holds = proofs.filter(proof => txHashes.some(hash => toHex(hash) === toHex(proof.id)) && verifyMerkleProof(proof))
  const forged = proofs.filter(({ id, ...proof }) => verifyMerkleProof({ ...proof, id: id.with(0, (id[0] ?? 0) ^ 1) }))
  return { height: height.toString(), proven: holds.length, forged: forged.length }
}
