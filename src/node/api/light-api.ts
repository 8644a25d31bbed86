import { decodeTransaction, isLightLedger } from '../../chain/index.ts'
import type { NodeApi } from '../../monitor/index.ts'
import { TosError } from '../../errors/index.ts'
import { fromHex, toHex } from '../../wire/index.ts'
import type { TosNode } from '../tos-node.ts'

/** Proofs: a light node asks others and checks, a full one shows its own. */
export function createLightApi (node: TosNode): Pick<NodeApi, 'txProof'> {
  const { ledger, light } = node.tos
  return {
    async txProof ({ id }, { signal } = {}) {
      const key = fromHex(id, 32)
      if (light !== undefined && isLightLedger(ledger)) {
        const { data, blockHash, blockHeight, index, confirmations, merged, asked, agreed, liars } = await light.prove(key, { signal })
        return { ...view(id, data, blockHash, blockHeight, index), confirmations: Number(confirmations), merged, asked, agreed, liars }
      }
      const found = await ledger.transaction(key)
      if (found === undefined) throw new TosError('TX_NOT_FOUND', `no transaction ${id} in the chain`)
      const { blockHash, blockHeight, index } = found.proof
      const merged = toHex(ledger.atHeights(blockHeight, 1)[0] ?? new Uint8Array()) !== toHex(blockHash)
      return { ...view(id, found.data, blockHash, blockHeight, index), confirmations: Number(ledger.tip().height - blockHeight) + (merged ? 0 : 1), merged, asked: [], agreed: [], liars: [] }
    }
  }
}

function view (id: string, data: Uint8Array, blockHash: Uint8Array, blockHeight: bigint, index: number) {
  const { sender, nonce, fee } = decodeTransaction(data)
  return { id, sender: toHex(sender), nonce: String(nonce), fee: String(fee), block: { hash: toHex(blockHash), height: Number(blockHeight), index } }
}
