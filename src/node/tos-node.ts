import type { Identify } from '@libp2p/identify'
import type { Ed25519PrivateKey, Libp2p } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type {
  BlockAnnounce, BlockAnswer, BlockQuestion, Goodbye, MiningShare, PeerExchange, Ping as TosPing, Pong, TxAnnounce, TxAnswer, TxQuestion, TxResponse, Vote, VoteAnswer, VoteRequest
} from '../../protocols/index.ts'
import type { Ledger, Mempool, Miner, SharePool, Sync, TemplateDesk } from '../chain/index.ts'
import type { LightClient } from '../chain/light/light-client.ts'
import type { Config } from '../config/index.ts'
import type { DiscoverySnapshot } from '../discovery/index.ts'
import type { OpenTopics, TopicService } from '../gossip/index.ts'
import type { NodeEvents } from '../monitor/index.ts'
import type { PeerManager } from '../peers/index.ts'
import type { Guard, ReputationService } from '../peers/guard/index.ts'
import type { PeerMeasures, TrafficMeter } from '../peers/measures/index.ts'
import type { SessionService } from '../secure/index.ts'
import type { OwnAddresses } from './transport/index.ts'
import type { Kernel, ProtocolDefinition, ProtocolService, StreamDefinition, StreamService, TopicDefinition } from '../protocol/index.ts'

/** The services every TOS node runs: libp2p's own, the request protocols, the streams and the topics. */
export type TosServices = {
  readonly identify: Identify
  /** libp2p's ping; the TOS one is `tosPing`. */
  readonly ping: Ping
  readonly dht: KadDHT
  /** What the node listens on and announces. */
  readonly addresses: OwnAddresses
  /** The sealed sessions under all `/tos/<net>/…` streams. */
  readonly session: SessionService
  readonly reputation: ReputationService
  readonly pubsub: GossipSub
  /** Topics of `--topic`, whatever they carry. */
  readonly topics: OpenTopics
  readonly tosPing: ProtocolService<Omit<TosPing, 'nonce'>, Omit<Pong, 'nonce'>>
  readonly peerExchange: ProtocolService<Omit<PeerExchange, 'requestId'>, Omit<PeerExchange, 'requestId'>>
  readonly blocks: ProtocolService<BlockQuestion, BlockAnswer>
  readonly transactions: ProtocolService<TxQuestion, TxAnswer>
  readonly votes: ProtocolService<Omit<VoteRequest, 'requestId'>, VoteAnswer>
  readonly txStem: StreamService<TxAnnounce | TxResponse>
  readonly mining: StreamService<MiningShare>
  readonly goodbye: StreamService<Goodbye>
  readonly blockAnnounce: TopicService<BlockAnnounce>
  readonly txAnnounce: TopicService<TxAnnounce>
  readonly consensusVote: TopicService<Vote>
  readonly miningShare: TopicService<MiningShare>
}

/** What a definition becomes once mounted. */
export type Mounted<D> =
  D extends ProtocolDefinition<infer Req, infer Res> ? ProtocolService<Req, Res>
    : D extends StreamDefinition<infer In, infer Out> ? StreamService<In & Out>
      : D extends TopicDefinition<infer T> ? TopicService<T>
        : never

/** The node beyond libp2p: chain, peers, events. */
export interface TosParts {
  readonly config: Config
  /** Raw Ed25519 public key, 32 bytes. */
  readonly nodeId: Uint8Array
  readonly privateKey: Ed25519PrivateKey
  readonly kernel: Kernel
  readonly ledger: Ledger
  readonly mempool: Mempool
  readonly sync: Sync
  /** Of a light node: what follows headers and proves transactions. */
  readonly light: LightClient | undefined
  readonly miner: Miner
  /** Blocks that lack their nonce, for miners outside. */
  readonly templates: TemplateDesk
  /** Mining shares, ours and others'. */
  readonly shares: SharePool
  readonly connector: PeerManager
  /** Scores, bans and limits of peers. */
  readonly guard: Guard
  /** What was measured of peers, and the frames exchanged with them. */
  readonly measures: PeerMeasures
  readonly traffic: TrafficMeter
  /** Who could be dialled, who named them, and why a source failed. */
  readonly discovery: () => DiscoverySnapshot
  readonly events: NodeEvents
  /** Chain files being read: their blocks are not news. */
  readonly imports: { running: number }
  /**
   * Pools a signed transaction of our own and announces it; with a privacy level from 2 on it first travels along a stem, unseen. Throws
   * what `Mempool.add` throws.
   */
  submit (data: Uint8Array): Promise<Uint8Array>
  /** The nonce of the sender's next transaction: after those pooled, and after our own that are still on their stems. */
  nextNonce (sender: Uint8Array): bigint
}

/** A TOS node: a `Libp2p` with typed services, and the chain behind them in `tos`. `stop()` also closes the store and the data directory, for good: `start()` throws `NODE_STOPPED` afterwards. */
export type TosNode<P = object> = Libp2p<TosServices & { readonly [K in keyof P]: Mounted<P[K]> }> & {
  readonly tos: TosParts
  /** Sizes of every table of the node, by owner. */
  dump (): Record<string, Record<string, number>>
}
