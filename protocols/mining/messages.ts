import { defineMessage } from '../../src/protocol/index.ts'
import type { MessageOf } from '../../src/protocol/index.ts'
import { blob, bytes, refine, struct, u64, u8 } from '../../src/wire/index.ts'

const hash = bytes(32)
const qualityScore = refine(u8, value => value <= 100 ? undefined : `quality ${value} is not 0..100`)
const content = {
  taskId: hash, minerId: hash, blockHash: hash, nonce: u64, answerHash: hash, difficulty: u64, qualityScore, energyUsed: u64, stakeAmount: u64,
  proof: blob(2048), timestamp: u64
}

/** The part of a share that is signed, after the domain prefix (`shareSigningBytes`). */
export const shareContent = struct(content)
/** AI_MINING_SHARE (0x50): `minerId` an Ed25519 key, `blockHash` zero when the share is for no block, `timestamp` in Unix seconds. */
export const AI_MINING_SHARE = defineMessage({ name: 'AI_MINING_SHARE', code: 0x50, tag: 10, schema: struct({ ...content, signature: bytes(64) }) })

export type MiningShare = MessageOf<typeof AI_MINING_SHARE>
