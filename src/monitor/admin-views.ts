import type { ChainStats, ChainVerification } from '../chain/index.ts'
import type { DiscoverySnapshot } from '../discovery/index.ts'
import type { QueuedPeer } from '../peers/index.ts'
import type { PeerExplanation } from '../peers/guard/index.ts'

/** Who the node is. */
export interface IdView {
  readonly peerId: string
  /** 32 bytes of Ed25519 public key, hex. */
  readonly nodeId: string
  readonly addrs: readonly string[]
  readonly network: string
  readonly genesis: string
  readonly userAgent: string
  /** libp2p protocol ids it handles. */
  readonly protocols: readonly string[]
}

/** How the node is, and what to do about it. */
export interface StatusView {
  /** True when it has peers, or mines alone, and is not behind. */
  readonly ready: boolean
  /** Why it is not ready, in words; empty when it is. */
  readonly reasons: readonly string[]
  /** The next thing an operator would do, as a command or a sentence. */
  readonly next?: string
  readonly peerId: string
  readonly nodeId: string
  readonly network: string
  readonly preset: string
  readonly uptimeMs: number
  readonly peers: { readonly connected: number, readonly inbound: number, readonly outbound: number }
  readonly chain: TipView
  readonly sync: { readonly state: 'idle' | 'syncing', readonly targetHeight?: number }
  readonly mempool: number
  readonly mining: boolean
  readonly memory: { readonly rssBytes: number, readonly heapBytes: number }
}

/** A stop that has begun: the process `pid` ends within that time, or ends itself. */
export interface StoppingView {
  readonly stopping: true
  readonly pid: number
  readonly withinMs: number
}

/** One connected peer. */
export interface PeerView {
  readonly peerId: string
  /** Absent for peers without an Ed25519 key. */
  readonly nodeId?: string
  readonly addr: string
  readonly direction: 'inbound' | 'outbound'
  readonly connectedMs: number
  readonly rttMs?: number
  /** What we measured of the peer, over all its connections. */
  readonly stats?: PeerStatsView
  readonly userAgent?: string
  readonly protocols?: readonly string[]
  /** Absent: a plain libp2p node, or the handshake is under way. */
  readonly session?: SessionView
}

/**
 * The specification's get_peer_stats and what else was measured. Nothing here was claimed by the peer but `nodeType`. Times are ms;
 * what was never measured is absent.
 */
export interface PeerStatsView {
  /** Where it connects from, without port; absent for a relayed connection. */
  readonly ip?: string
  /** What the dialler wants it for: static, anchor, feeler, … */
  readonly role?: string
  readonly nodeType: string
  /** Reputation, 0..1000. */
  readonly score: number
  readonly banned: boolean
  /** Time connected, past connections included. */
  readonly uptimeMs: number
  /** Nonce-checked ping: smoothed, and the lowest; pings in a row without an answer. */
  readonly rttMs?: number
  readonly minRttMs?: number
  readonly misses: number
  /** Frames of TOS protocols, gossip not among them, and their bytes; `recent`: that came within the last 60 s. */
  readonly messagesIn: number
  readonly messagesOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly recentMessages: number
  readonly recentBytes: number
  /** Blocks and transactions it sent when asked: answers, bytes in them, and requests that failed. */
  readonly served: { readonly answers: number, readonly bytes: number, readonly failed: number }
  readonly bandwidthMbps?: number
  /** How long ago it was the first to bring a new valid block, or transaction. */
  readonly lastBlockAgoMs?: number
  readonly lastTransactionAgoMs?: number
}

/** The sealed session of a connection. */
export interface SessionView {
  readonly suite: string
  readonly role: 'dialler' | 'listener'
  /** Exchanges of fresh keys so far. */
  readonly epoch: number
  readonly ageMs: number
  /** Frames and padded bytes under these keys, both directions. */
  readonly frames: number
  readonly bytes: number
  /** What the peer said of itself. */
  readonly height: string
  readonly nodeType: number
  readonly services: string
}

/** What discovery found, and the queue of the dialler beside it. */
export interface DiscoverView extends DiscoverySnapshot {
  readonly queue: readonly QueuedPeer[]
}

/** A connection that was made, or found. */
export interface ConnectedView {
  readonly peerId: string
  readonly addr: string
}

/** One ban. Times are Unix milliseconds. */
export interface BanView {
  /** Peer id or CIDR range. */
  readonly target: string
  /** `score`: it broke rules; `address`: too many banned peers came from it. */
  readonly by: 'operator' | 'score' | 'address'
  readonly reason: string
  readonly since: number
  /** Absent: until somebody removes it. */
  readonly until?: number
  /** Bans in a row; each lasts twice as long. */
  readonly times: number
}

/** Every number that makes up a peer's score. */
export type ScoreView = PeerExplanation

/** One PING. */
export interface PingView {
  readonly peer: string
  readonly seq: number
  /** Round trip by the local monotonic clock; absent when lost. */
  readonly rttMs?: number
  readonly userAgent?: string
  /** Code of what went wrong. */
  readonly error?: string
  /** Why, in one line. */
  readonly cause?: string
}

/** A block without a child, or the best one. */
export interface TipView {
  readonly hash: string
  readonly height: number
  readonly cumulativeDifficulty: string
}

/** One block. */
export interface BlockView {
  readonly hash: string
  readonly height: number
  /** Unix milliseconds. */
  readonly timestamp: number
  readonly parents: readonly string[]
  readonly txRoot: string
  readonly difficulty: string
  readonly nonce: string
  readonly aiMined: boolean
  readonly miner: string
  /** Ids, in block order. */
  readonly transactions: readonly string[]
  readonly bytes: number
  /** Hex of header and transactions, on demand. */
  readonly raw?: { readonly header: string, readonly transactions: readonly string[] }
}

/** A block that lacks its nonce. A miner puts eight bytes into the header until its SHA3-256 is no greater than the target. */
export interface TemplateView {
  /** Name to submit under. */
  readonly template: string
  /** Hex; the nonce in it is 0. */
  readonly header: string
  /** Where in the header the nonce stands: u64, least significant byte first. */
  readonly nonceOffset: number
  /** Hex of 32 bytes, most significant first. */
  readonly target: string
  readonly height: number
  readonly difficulty: string
  readonly transactions: number
}

/** A block made of a template. */
export interface SubmittedView {
  readonly hash: string
  readonly height: number
  /** `known`: it was submitted before. */
  readonly status: 'accepted' | 'known'
}

/** A share that was taken. */
export interface ShareSentView {
  readonly id: string
  readonly miner: string
  readonly nonce: string
  readonly status: 'accepted' | 'known'
  /** Peers it went to at once. */
  readonly peers: number
}

/** One mining share. */
export interface ShareView {
  readonly id: string
  readonly miner: string
  readonly task: string
  /** Absent: for no block. */
  readonly block?: string
  readonly nonce: string
  readonly answer: string
  readonly difficulty: string
  /** 0..100, as the miner claims. */
  readonly quality: number
  readonly energyUsed: string
  readonly stakeAmount: string
  readonly proofBytes: number
  /** Unix milliseconds: the miner's clock, and ours when it came. */
  readonly timestamp: number
  readonly at: number
  /** `local`: submitted here; `pool`: sent to this node alone; `topic`: gossiped. */
  readonly origin: 'local' | 'pool' | 'topic'
}

/** What one miner has brought. */
export interface ShareMinerView {
  readonly miner: string
  readonly shares: number
  /** Sum of the difficulties. */
  readonly work: string
  /** Mean of the qualities. */
  readonly quality: number
  readonly lastAgoMs: number
}

/** A transaction that was accepted. */
export interface SentView {
  readonly id: string
  readonly sender: string
  readonly nonce: string
}

/** A transaction that a Merkle proof puts into a block of the best chain. */
export interface ProofView {
  readonly id: string
  readonly sender: string
  readonly nonce: string
  readonly fee: string
  readonly block: { readonly hash: string, readonly height: number, readonly index: number }
  /** 1 at the tip. */
  readonly confirmations: number
  /** In a block that the best chain merged: another transaction of the same nonce may stand before it. */
  readonly merged: boolean
  /** Peers asked, those whose proof held, and those whose did not; empty on a full node. */
  readonly asked: readonly string[]
  readonly agreed: readonly string[]
  readonly liars: readonly string[]
}

/** A transaction and where it is. */
export interface TransactionView {
  readonly id: string
  readonly sender: string
  readonly nonce: string
  readonly fee: string
  readonly priority: number
  readonly privacyLevel: number
  readonly energyUsed: string
  /** Hex. */
  readonly body: string
  readonly raw: string
  /** Absent while it waits in the pool. */
  readonly block?: { readonly hash: string, readonly height: number, readonly index: number }
}

/** Progress of an import or export. */
export interface ProgressView {
  readonly blocks: number
  readonly transactions: number
  readonly height: number
  /** Blocks in all, when known. */
  readonly total?: number
  readonly elapsedMs: number
  /** On the last item. */
  readonly done?: true
}

/** Progress of a verification; the last item says what was found. */
export interface VerifyView extends ProgressView {
  readonly verification?: ChainVerification
}

/** Figures of the blocks on disk. */
export type ChainStatsView = ChainStats

/** Value of each option and where it came from. */
export interface ConfigView {
  readonly file?: string
  readonly options: Readonly<Record<string, { readonly value: unknown, readonly origin: string }>>
}

/** What the node tells as it happens. Further kinds may come: skip those you do not know. */
export type NodeEvent =
  | { readonly event: 'peer-connected', readonly peerId: string, readonly addr: string, readonly direction: 'inbound' | 'outbound' }
  /** A sealed session stands; `epoch` above 0: fresh keys. The rest is what the peer says of itself. */
  | { readonly event: 'session', readonly peerId: string, readonly epoch: number, readonly suite: string, readonly userAgent: string, readonly height: number, readonly tip?: string }
  /** We hang up on a peer, and why. */
  | { readonly event: 'peer-refused', readonly peerId: string, readonly code: string, readonly message: string }
  | { readonly event: 'peer-disconnected', readonly peerId: string, readonly reason?: string }
  | { readonly event: 'block', readonly hash: string, readonly height: number, readonly transactions: number, readonly origin: 'mined' | 'peer' }
  | { readonly event: 'tip', readonly hash: string, readonly height: number, readonly reorganised: number }
  | { readonly event: 'transaction', readonly id: string, readonly origin: 'local' }
  | { readonly event: 'sync', readonly state: 'started' | 'progress' | 'finished', readonly height: number, readonly targetHeight: number, readonly peerId?: string }
  | { readonly event: 'warning', readonly code: string, readonly message: string, readonly details?: Readonly<Record<string, unknown>> }

/** An event with its time (Unix milliseconds); `missed` counts events this reader was too slow for. */
export type StreamedEvent = NodeEvent & { readonly at: number, readonly missed?: number }
