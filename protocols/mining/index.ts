import { defineStream, defineTopic } from '../../src/protocol/index.ts'
import type { StreamDefinition, TopicContext, TopicDefinition, Verdict } from '../../src/protocol/index.ts'
import { domainPrefix } from '../domain.ts'
import { concatBytes } from '../../src/wire/bytes.ts'
import { encode } from '../../src/wire/index.ts'
import { AI_MINING_SHARE, shareContent } from './messages.ts'
import type { MiningShare } from './messages.ts'

/** Decides about AI mining shares ("GPU mining" on later TOS pages). */
export interface MiningService {
  /** A share from the topic; its form was checked, its signature was not. */
  share (share: MiningShare, context: TopicContext): Verdict | Promise<Verdict>
  /** A share a miner sent straight to this node as its pool. */
  submitted (share: MiningShare, peer: string): void | Promise<void>
}

/** AI_MINING_SHARE on its topic. */
export function miningShare (service: MiningService): TopicDefinition<MiningShare> {
  return defineTopic({
    name: 'miningShare', id: '/tos/{net}/mining-share/1', message: AI_MINING_SHARE,
    expectedPerMinute: 120, queue: { max: 1024, drop: 'oldest' }, validate: (share, context) => service.share(share, context)
  })
}

/** AI_MINING_SHARE straight to a pool. */
export function mining (service: MiningService): StreamDefinition<MiningShare> {
  return defineStream<MiningShare>({
    id: '/tos/{net}/mining/1.0.0',
    messages: [AI_MINING_SHARE],
    limits: { perPeer: { count: 600, perMs: 60_000 }, openTimeoutMs: 5000 },
    handle: ({ value }, { peer }) => service.submitted(value, peer.toString())
  })
}

/** The bytes a miner signs: "TOS-AISHARE-V1" ‖ 0x00 ‖ u8 length of net ‖ net ‖ bincode of everything but the signature. */
export function shareSigningBytes (share: Omit<MiningShare, 'signature'>, network: string): Uint8Array {
  return concatBytes(domainPrefix('TOS-AISHARE-V1', network), encode(shareContent, share))
}
