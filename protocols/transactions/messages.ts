import { defineMessage } from '../../src/protocol/index.ts'
import type { MessageOf } from '../../src/protocol/index.ts'
import { blob, bool, bytes, option, refine, struct, u32, u64, u8, vec } from '../../src/wire/index.ts'
import type { Infer } from '../../src/wire/index.ts'

/** Limits of transaction messages, in bytes or items. */
export const TX_LIMITS = { dataBytes: 1_048_576, responseBytes: 5_242_880, hashes: 256, siblings: 14 } as const

const hash = bytes(32)
const level = refine(u8, value => value <= 3 ? undefined : `level ${value} is not 0..3`)

/** TX_ANNOUNCE (0x30): `priority` 0 low..3 urgent, `privacyLevel` 0 low..3 maximum, `energyUsed` in whole units (0: paid by fee). */
export const TX_ANNOUNCE = defineMessage({
  name: 'TX_ANNOUNCE', code: 0x30, tag: 6, privacy: 'high', schema: struct({ txHash: hash, fee: u64, priority: level, privacyLevel: level, energyUsed: u64 })
})

/** TX_REQUEST (0x31): with `includeProof` the answer carries Merkle proofs of what is in a block. */
export const TX_REQUEST = defineMessage({
  name: 'TX_REQUEST', code: 0x31, tag: 7, privacy: 'high', schema: struct({ requestId: u64, txHashes: vec(hash, { min: 1, max: TX_LIMITS.hashes }), includeProof: bool })
})

/** Merkle proof: leaf `index` in the block, siblings from the leaf upwards. */
export const txProof = struct({ blockHash: hash, blockHeight: u64, index: u32, siblings: vec(hash, { max: TX_LIMITS.siblings }) })
const txData = struct({ txHash: hash, data: blob(TX_LIMITS.dataBytes), proof: option(txProof) })

/** Bytes of a TX_RESPONSE around the body of its one transaction: tag, id, two counts, hash, length, no proof. */
const STEM_OVERHEAD = 4 + 8 + 8 + 8 + 32 + 8 + 1

/** TX_RESPONSE (0x32): what is held, and the hashes that are not. */
export const TX_RESPONSE = defineMessage({
  name: 'TX_RESPONSE',
  code: 0x32,
  tag: 8,
  privacy: 'high',
  maxBytes: TX_LIMITS.responseBytes,
  schema: struct({ requestId: u64, transactions: vec(txData, { max: TX_LIMITS.hashes }), notFound: vec(hash, { max: TX_LIMITS.hashes }) })
})

/** The TX_RESPONSE of a stem: one transaction without a proof, so a larger one is refused by its header. */
export const TX_STEM_BODY = { ...TX_RESPONSE, maxBytes: STEM_OVERHEAD + TX_LIMITS.dataBytes }

export type TxAnnounce = MessageOf<typeof TX_ANNOUNCE>
export type TxRequest = MessageOf<typeof TX_REQUEST>
export type TxResponse = MessageOf<typeof TX_RESPONSE>
export type TxData = Infer<typeof txData>
export type TxProof = Infer<typeof txProof>
