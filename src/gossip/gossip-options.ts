import { StrictNoSign } from '@chainsafe/libp2p-gossipsub'
import type { GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import { HEADER_BYTES } from '../frame/index.ts'
import { topicId } from '../protocol/index.ts'
import type { MessageType, TopicDefinition } from '../protocol/index.ts'
import { createContentId } from './content-id.ts'
import { deriveTopicParams, SCORE } from './topic-params.ts'

/** The part of a topic that its options follow from. */
export type GossipTopic = Pick<TopicDefinition<never>, 'id' | 'expectedPerMinute' | 'weight'> & { readonly message: Pick<MessageType<never>, 'maxBytes'> }

/** What a node says of its gossip. */
export interface GossipSettings {
  /** Network name that replaces `{net}` in topic ids. */
  readonly network: string
  /** Every topic the node carries; others are neither stored nor forwarded. */
  readonly topics: readonly GossipTopic[]
  /** Topics carried without a definition; their messages bring and cost no score. */
  readonly open?: readonly string[]
  /** Many nodes share 127.0.0.1, as on a devnet: then that is no sign of one attacker with many identities. */
  readonly shareLoopback?: boolean
  /** Reputation of a peer in gossip points, by its peer id; default 0. */
  readonly reputation?: (peer: string) => number
}

/** Sizes and times, in one place. */
export const GOSSIP_LIMITS = {
  /** Peers that feed us a topic (D). */
  meshSize: 6,
  heartbeatMs: 1_000,
  /**
   * Heartbeats a message waits for its verdict. A verdict that comes later neither forwards nor punishes, so this stands above the
   * longest validation (6 s) and its wait.
   */
  verdictBeats: 8,
  /** Largest RPC, bytes. A peer that sends a larger one loses its gossip stream. */
  maxRpcBytes: 5 * 1024 * 1024,
  /** Peers on one IP address that cost nothing. */
  peersPerIp: 5,
  retainScoreMs: 3_600_000,
  /** Items of one RPC, checked while it is decoded. */
  rpc: { maxSubscriptions: 32, maxMessages: 256, maxIhaveMessageIDs: 1_000, maxIwantMessageIDs: 256, maxIdontwantMessageIDs: 256, maxControlMessages: 256, maxPeerInfos: 0 }
} as const

const MIB = 1024 * 1024
const MOST_OUTBOUND = 8 * MIB

/** GossipSub options of a node: anonymous messages, content ids, known topics only, derived scores, every buffer bounded. */
export function createGossipOptions ({ network, topics, open = [], shareLoopback = false, reputation = () => 0 }: GossipSettings): Partial<GossipsubOpts> {
  const { meshSize, heartbeatMs } = GOSSIP_LIMITS
  const totalWeight = topics.reduce((sum, { weight = 1 }) => sum + weight, 0)
  const scored = topics.map(topic => [topicId(topic, network), deriveTopicParams({
    expectedPerMinute: topic.expectedPerMinute,
    maxMessageBytes: HEADER_BYTES + topic.message.maxBytes,
    weight: topic.weight ?? 1,
    totalWeight,
    meshSize,
    heartbeatMs
  })] as const)

  return {
    globalSignaturePolicy: StrictNoSign,
    ...createContentId(),
    allowedTopics: [...topics.map(topic => topicId(topic, network)), ...open],
    D: meshSize,
    heartbeatInterval: heartbeatMs,
    // Flooding reveals the origin of a message; `publish` may ask for it where that is no secret.
    floodPublish: false,
    fallbackToFloodsub: false,
    doPX: false,
    emitSelf: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    // A verdict may take seconds (fetch, then check). A slow `topicValidator` would not block the stream, but it leaves the
    // message out of the cache meanwhile: duplicates' senders are then sent it again, and a peer that answered our
    // IWANT is punished after 3 s for a broken promise.
    asyncValidation: true,
    mcacheLength: GOSSIP_LIMITS.verdictBeats,
    decodeRpcLimits: GOSSIP_LIMITS.rpc,
    maxInboundDataLength: GOSSIP_LIMITS.maxRpcBytes,
    maxOutboundBufferSize: open.length > 0 ? MOST_OUTBOUND : outboundBytes(topics),
    scoreThresholds: {
      gossipThreshold: SCORE.gossipThreshold,
      publishThreshold: SCORE.publishThreshold,
      graylistThreshold: SCORE.graylistThreshold,
      // peers offered in a PRUNE are never taken: addresses come from peer exchange and the DHT, where they are checked
      acceptPXThreshold: SCORE.positiveBudget * 100,
      opportunisticGraftThreshold: 1
    },
    scoreParams: {
      topics: Object.fromEntries(scored),
      topicScoreCap: SCORE.positiveBudget,
      appSpecificScore: reputation,
      appSpecificWeight: 1,
      IPColocationFactorWeight: -10,
      IPColocationFactorThreshold: GOSSIP_LIMITS.peersPerIp,
      IPColocationFactorWhitelist: new Set(shareLoopback ? ['127.0.0.1', '::1'] : []),
      // six broken promises or early GRAFTs may be bad luck; twelve within minutes are a −360
      behaviourPenaltyWeight: -10,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: SCORE.decayToZero ** (1 / 600),
      decayInterval: heartbeatMs,
      decayToZero: SCORE.decayToZero,
      retainScore: GOSSIP_LIMITS.retainScoreMs
    }
  }
}

/** Unsent bytes per peer before its stream is given up: a minute of the expected traffic, within 1 … 8 MiB. */
function outboundBytes (topics: readonly GossipTopic[]): number {
  const perMinute = topics.reduce((sum, { expectedPerMinute, message }) => sum + expectedPerMinute * (HEADER_BYTES + message.maxBytes), 0)
  return Math.round(Math.min(Math.max(perMinute, MIB), MOST_OUTBOUND))
}
