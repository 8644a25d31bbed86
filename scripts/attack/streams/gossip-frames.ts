import { AI_MINING_SHARE, BLOCK_ANNOUNCE, CONSENSUS_VOTE, TX_ANNOUNCE } from '../../../protocols/index.ts'
import { checksum, HEADER_BYTES, HEADER_OFFSET } from '../../../src/frame/index.ts'
import { flip, frame } from '../../../test/support/frames.ts'
import type { FrameParts } from '../../../test/support/frames.ts'

type Gossiped = typeof TX_ANNOUNCE | typeof BLOCK_ANNOUNCE | typeof CONSENSUS_VOTE | typeof AI_MINING_SHARE

/** Topics by the name of their service, with the message each carries. */
export const TOPICS: ReadonlyArray<{ readonly service: string, readonly topic: string, readonly type: Gossiped }> = [
  { service: 'blockAnnounce', topic: '/tos/devnet/block-announce/1', type: BLOCK_ANNOUNCE },
  { service: 'txAnnounce', topic: '/tos/devnet/tx-announce/1', type: TX_ANNOUNCE },
  { service: 'consensusVote', topic: '/tos/devnet/consensus-vote/1', type: CONSENSUS_VOTE },
  { service: 'miningShare', topic: '/tos/devnet/mining-share/1', type: AI_MINING_SHARE }
]

const anonymous = (parts: FrameParts): Uint8Array => frame({ nodeId: new Uint8Array(32), timestamp: 0n, ...parts })

/** Each way for a frame on a topic to be invalid. `seed` makes a frame differ from others of its kind. */
export const INVALID_FRAMES: Readonly<Record<string, (type: Gossiped, seed?: number) => Uint8Array>> = {
  'a sender': (type, seed = 1) => anonymous({ type: type.code, payload: payloadOf(type), nodeId: new Uint8Array(32).fill(seed) }),
  'a time': type => anonymous({ type: type.code, payload: payloadOf(type), timestamp: 1n }),
  padded: type => anonymous({ type: type.code, payload: Buffer.concat([payloadOf(type), new Uint8Array(4)]) }),
  'bytes behind': type => Buffer.concat([anonymous({ type: type.code, payload: payloadOf(type) }), new Uint8Array(4)]),
  'wrong tag': type => anonymous({ type: type.code, payload: flip(payloadOf(type), 0, 0x40) }),
  'wrong type': type => anonymous({ type: type.code + 0x0100, payload: payloadOf(type) }),
  'wrong checksum': type => anonymous({ type: type.code, payload: payloadOf(type), checksum: checksum(payloadOf(type)) ^ 1n }),
  'wrong magic': type => flip(anonymous({ type: type.code, payload: payloadOf(type) }), HEADER_OFFSET.magic),
  truncated: type => anonymous({ type: type.code, payload: payloadOf(type) }).subarray(0, HEADER_BYTES + 9),
  oversize: type => anonymous({ type: type.code, payload: new Uint8Array(type.maxBytes + 1) })
}

/** The smallest payload with the right tag; whether its fields make sense is asked after all that is wrong here. */
function payloadOf (type: Gossiped): Uint8Array {
  const payload = new Uint8Array(type.minBytes)
  new DataView(payload.buffer).setUint32(0, type.tag ?? 0, true)
  return payload
}
