import type { TopicScoreParams } from '@chainsafe/libp2p-gossipsub/score'
import { TosError } from '../errors/index.ts'

/**
 * Scale of all gossip scores (GossipSub v1.1 "Peer scoring"). All topics together earn a peer at most `positiveBudget`; one
 * invalid message costs `invalidCost`, in whichever topic; k of them cost k² times that.
 */
export const SCORE = {
  positiveBudget: 30,
  /** Above the budget, so that one invalid message outweighs the best standing a peer can have. */
  invalidCost: 40,
  /** Two invalid messages from a peer without standing (−160) end gossip and own messages to it … */
  gossipThreshold: -80,
  publishThreshold: -120,
  /** … and three end everything, from the best standing too (30 − 360). Room is left for decay between the three. */
  graylistThreshold: -280,
  /** Counters below this are zero. */
  decayToZero: 0.01
} as const

/** Part of a topic's budget earned by staying in the mesh (P1); the rest is earned by being first with messages (P2). */
const MESH_TIME_SHARE = 0.2
const MESH_TIME_FULL_MINUTES = 60
const MINUTE_MS = 60_000
const HOUR_S = 3_600

/** What is known of a topic. */
export interface TopicFacts {
  /** Messages per minute on a healthy network, above 0. */
  readonly expectedPerMinute: number
  /** Peers that feed us the topic (GossipSub's D). */
  readonly meshSize: number
  /** Largest frame of the topic, bytes. */
  readonly maxMessageBytes: number
  /** Importance among the topics, above 0. */
  readonly weight: number
  /** Sum of the weights of all topics of the node; default: this topic is the only one. */
  readonly totalWeight?: number
  /** Time between two decays, default 1,000 ms (the shortest GossipSub allows). */
  readonly heartbeatMs?: number
}

/**
 * Score parameters of one topic.
 *
 * - Weight: the topic's share w of all weights, so that the topics' best scores add up to the budget B.
 * - P1: B·0.2 after an hour in the mesh, linear.
 * - P2: a fair peer is first with r = rate / meshSize messages per heartbeat. The counter decays to 1 % over T = the time
 *   of 10 messages per mesh peer, within 1 minute … 1 hour, hence d = 0.01^(1/T) and a steady state of r / (1 − d). The cap is four
 *   times that: twice the fair share, and GossipSub 17 counts a first delivery twice when validation is asynchronous. At the
 *   cap P2 is worth B·0.8.
 * - P3, P3b: off. They punish a peer for silence, and a slow topic is silent: the defaults graylist every honest peer in 5 s.
 * - P4: −invalidCost / w, so that the square of the count costs `invalidCost` whatever the topic's weight. It is forgotten over
 *   30 minutes, or longer where messages are so large that an offender just below the graylist would cost more than 1 KiB/s.
 *
 * Throws `INVALID_DEFINITION` for facts that are not positive.
 */
export function deriveTopicParams (facts: TopicFacts): TopicScoreParams {
  const { expectedPerMinute, meshSize, maxMessageBytes, weight, totalWeight = weight, heartbeatMs = 1_000 } = facts
  for (const [name, value] of Object.entries({ expectedPerMinute, meshSize, maxMessageBytes, weight, totalWeight, heartbeatMs })) {
    if (!(value > 0 && Number.isFinite(value))) throw new TosError('INVALID_DEFINITION', `${name} of a topic must be above 0, got ${value}`)
  }
  const share = Math.min(1, weight / totalWeight)
  const beat = heartbeatMs / 1_000
  const firstsPerBeat = expectedPerMinute / 60 * beat / meshSize
  const memoryBeats = clamp(10 / firstsPerBeat, 60 / beat, HOUR_S / beat)
  const firstDecay = decayOver(memoryBeats)
  const firstCap = Math.max(1, 4 * firstsPerBeat / (1 - firstDecay))
  const invalidMemoryBeats = clamp(2 * maxMessageBytes / 1_024, HOUR_S / 2, HOUR_S) / beat

  return {
    topicWeight: share,
    timeInMeshWeight: SCORE.positiveBudget * MESH_TIME_SHARE / MESH_TIME_FULL_MINUTES,
    timeInMeshQuantum: MINUTE_MS,
    timeInMeshCap: MESH_TIME_FULL_MINUTES,
    firstMessageDeliveriesWeight: SCORE.positiveBudget * (1 - MESH_TIME_SHARE) / firstCap,
    firstMessageDeliveriesDecay: firstDecay,
    firstMessageDeliveriesCap: firstCap,
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: 0.5,
    meshMessageDeliveriesCap: 1,
    meshMessageDeliveriesThreshold: 0,
    meshMessageDeliveriesWindow: 0,
    meshMessageDeliveriesActivation: HOUR_S * 1_000,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: 0.5,
    invalidMessageDeliveriesWeight: -SCORE.invalidCost / share,
    invalidMessageDeliveriesDecay: decayOver(invalidMemoryBeats)
  }
}

/** The factor per beat that takes a counter from 1 to `decayToZero` in `beats`. */
function decayOver (beats: number): number {
  return SCORE.decayToZero ** (1 / beats)
}

function clamp (value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
