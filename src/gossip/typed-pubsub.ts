import type { GossipSub, PublishResult } from '@chainsafe/libp2p-gossipsub'
import { TosError } from '../errors/index.ts'
import type { Verdict } from '../protocol/index.ts'

/** Options of one publication. */
export interface PublishOptions {
  /** Send to every subscribed peer; tells them all that we are the origin. */
  readonly floodPublish?: boolean
  /** Serialise once for all peers, without control messages on the same RPC. */
  readonly batchPublish?: boolean
}

/** Ends of PRUNE backoffs, Unix milliseconds, by topic and peer. */
export type BackoffTable = Map<string, Map<string, number>>

/** GossipSub members that exist at run time and are missing from its published interface. */
interface Untyped {
  publish (topic: string, data: Uint8Array, options: PublishOptions): Promise<PublishResult>
  reportMessageValidationResult (messageId: string, source: string, verdict: Verdict): void
  getMeshPeers (topic: string): string[]
  getScore (peer: string): number
  readonly backoff?: BackoffTable
  readonly mcache?: { readonly msgs?: ReadonlyMap<string, { readonly originatingPeers?: ReadonlySet<string> }> }
}

/** GossipSub with the members the project uses, typed. */
export interface TypedPubsub {
  readonly pubsub: GossipSub
  publish (topic: string, data: Uint8Array, options?: PublishOptions): Promise<PublishResult>
  /** Ends the validation of a message. Call once per message. */
  report (messageId: string, source: string, verdict: Verdict): void
  /** Peer ids of the topic's mesh. */
  meshPeers (topic: string): readonly string[]
  score (peer: string): number
  /** Peers that sent a message again while it waits for its verdict; none when the library no longer tells. */
  repeaters (messageId: string): readonly string[]
  /** The live table, or `undefined` when the library no longer has it. */
  readonly backoffs: BackoffTable | undefined
}

/** The only cast to GossipSub's run-time shape. Throws `INTERNAL` when a member is missing; `test/gossip` notices before that. */
export function typedPubsub (pubsub: GossipSub): TypedPubsub {
  const target = pubsub as GossipSub & Untyped
  for (const name of ['publish', 'reportMessageValidationResult', 'getMeshPeers', 'getScore'] as const) {
    if (typeof target[name] !== 'function') throw new TosError('INTERNAL', `GossipSub has no ${name} any more`)
  }
  return {
    pubsub,
    publish: (topic, data, options = {}) => target.publish(topic, data, options),
    report: (messageId, source, verdict) => { target.reportMessageValidationResult(messageId, source, verdict) },
    meshPeers: topic => target.getMeshPeers(topic),
    score: peer => target.getScore(peer),
    repeaters: messageId => [...target.mcache?.msgs?.get(messageId)?.originatingPeers ?? []],
    backoffs: target.backoff instanceof Map ? target.backoff : undefined
  }
}
