import type { DoctorView } from './doctor/index.ts'
import type { NodeEvents } from './node-events.ts'
import type {
  BanView, BlockView, ChainStatsView, ConfigView, ConnectedView, DiscoverView, IdView, PeerView, PingView, ProgressView, ProofView, ScoreView, SentView, ShareMinerView, ShareSentView, ShareView, StatusView, StoppingView, StreamedEvent, SubmittedView, TemplateView, TipView, TransactionView, VerifyView
} from './admin-views.ts'

/** What every call takes beside its parameters: the caller may hang up. */
export interface CallOptions {
  readonly signal?: AbortSignal
}

/** A transaction to sign and send, or one that is signed already (`raw`, hex). */
export interface SendParams {
  /** Hex of the body; default empty. */
  readonly body?: string
  /** Decimal; default 0. */
  readonly fee?: string
  /** 0 low..3 urgent; default 0. */
  readonly priority?: number
  /** 0 low..3 maximum; default 0. */
  readonly privacyLevel?: number
  /** Decimal, whole units; default 0. */
  readonly energyUsed?: string
  /** Decimal; default the next one of the sender, pool included. */
  readonly nonce?: string
  /** Absolute path of the sender's key file; default the node's own identity. No secret crosses the socket. */
  readonly keyFile?: string
  /** Hex of a signed transaction; excludes all others. */
  readonly raw?: string
}

/** A mining share to sign and send, or one that is signed already (`raw`, hex). Keys, hashes and bytes are hex, u64 quantities decimal. */
export interface ShareParams {
  /** Task id; default zeros. */
  readonly task?: string
  /** Block the share is for; default none. */
  readonly block?: string
  /** Default 1024, the least the default check takes. */
  readonly difficulty?: string
  /** What the miner found, both or neither; without them the node searches, which it refuses above a difficulty of 4,194,304. */
  readonly nonce?: string
  readonly answer?: string
  /** 0..100; default 100. */
  readonly quality?: number
  readonly energyUsed?: string
  readonly stakeAmount?: string
  /** At most 2,048 bytes; default none. */
  readonly proof?: string
  /** Absolute path of the miner's key file; default the node's own identity. */
  readonly keyFile?: string
  /** Hex of a signed share as it stands in a frame, without the tag; excludes all others but `pool`. */
  readonly raw?: string
  /** Send it to this peer as a pool instead of to everybody: an id or a multiaddr. */
  readonly pool?: string
}

/** What `show` knows. */
export const SHOWN = ['dump', 'protocols', 'limits', 'topics', 'incidents', 'candidates'] as const

/**
 * Everything an operator may ask of a running node. The node implements it, `serveAdmin` carries it over the admin socket and
 * `createAdminClient` gives it back to the command line. Parameters and results are plain JSON: u64 quantities are decimal
 * strings (heights and times are numbers), hashes and keys hex, peers their id in text. Failures are `TosError`.
 */
export interface AdminApi {
  id (params?: object, options?: CallOptions): Promise<IdView>
  status (params?: object, options?: CallOptions): Promise<StatusView>
  /** Checks what the node needs, on the machine and in the network; pings five peers for their clocks. Takes 2 s at most. */
  doctor (params?: object, options?: CallOptions): Promise<DoctorView>
  /** Internals by name: `dump` (sizes of all tables), `protocols`, `limits`, `topics`, … Throws `USAGE` that lists the names. */
  show (params: { readonly name: string }, options?: CallOptions): Promise<unknown>
  config (params?: object, options?: CallOptions): Promise<ConfigView>
  peersLs (params?: object, options?: CallOptions): Promise<PeerView[]>
  /** Dials a multiaddr or a known peer id. Throws `PEER_UNREACHABLE`. */
  peersConnect (params: { readonly address: string }, options?: CallOptions): Promise<ConnectedView>
  peersDisconnect (params: { readonly peer: string }, options?: CallOptions): Promise<{ readonly closed: number }>
  /** Why a peer's score is what it is; also of peers that are not connected. */
  peersExplain (params: { readonly peer: string }, options?: CallOptions): Promise<ScoreView>
  /** Bans a peer id, node id, address or CIDR range; without `forMs` it has no end. Throws `INVALID_VALUE`, or `STORE_READ_ONLY` when it holds but could not be written. */
  bansAdd (params: { readonly target: string, readonly forMs?: number, readonly reason?: string }, options?: CallOptions): Promise<BanView>
  /** Who could be dialled, who named them, why they are not connected, and why a source failed. */
  discover (params?: object, options?: CallOptions): Promise<DiscoverView>
  bansLs (params?: object, options?: CallOptions): Promise<BanView[]>
  /** Returns what it removed. */
  bansRm (params: { readonly target: string }, options?: CallOptions): Promise<BanView[]>
  bansClear (params?: object, options?: CallOptions): Promise<BanView[]>
  /** One answer per PING; a lost one is an item with `error`. `peer` is an id or a multiaddr. */
  ping (params: { readonly peer: string, readonly count?: number, readonly intervalMs?: number }, options?: CallOptions): AsyncIterable<PingView>
  /** By hash or by height of the selected chain; `full` adds the transactions' bytes. Throws `BLOCK_NOT_FOUND`. */
  blockGet (params: { readonly hash?: string, readonly height?: number, readonly full?: boolean }, options?: CallOptions): Promise<BlockView>
  blockTips (params?: object, options?: CallOptions): Promise<TipView[]>
  /** Mines that many blocks on the tip, one after the other, whether the miner runs or not. Throws `USAGE` where one block would take hours. */
  blockMine (params: { readonly count?: number }, options?: CallOptions): AsyncIterable<TipView>
  /** A block on the tip that lacks its nonce, for a miner outside. */
  blockTemplate (params: { readonly miner?: string, readonly aiMined?: boolean }, options?: CallOptions): Promise<TemplateView>
  /** The nonce that was found (decimal). Throws `STALE_TEMPLATE` when the tip has moved, `INVALID_BLOCK` (rule `proof-of-work`) for a wrong nonce. */
  blockSubmit (params: { readonly template: string, readonly nonce: string }, options?: CallOptions): Promise<SubmittedView>
  /** Throws `INVALID_SHARE` (`details.rule`), `RATE_LIMITED`, `BUSY`, `USAGE`. */
  shareSubmit (params: ShareParams, options?: CallOptions): Promise<ShareSentView>
  /** Shares accepted here, newest first, at most `max` (100); of one miner (node id in hex) when it is named. */
  shareLs (params: { readonly miner?: string, readonly max?: number }, options?: CallOptions): Promise<ShareView[]>
  /** What each miner has brought, whoever came last first. */
  shareMiners (params?: object, options?: CallOptions): Promise<ShareMinerView[]>
  txSend (params: SendParams, options?: CallOptions): Promise<SentView>
  /** From the chain or the pool. Throws `TX_NOT_FOUND`. */
  txGet (params: { readonly id: string }, options?: CallOptions): Promise<TransactionView>
  /**
   * Where a transaction stands, by a Merkle proof. A light node asks two full ones or more and checks against its headers; a full node looks itself. Throws
   * `TX_NOT_FOUND`, `UNAVAILABLE`, `PROOF_FORGED`.
   */
  txProof (params: { readonly id: string }, options?: CallOptions): Promise<ProofView>
  /** Reads a chain file on the node's machine (absolute path). The last item has `done: true`. */
  chainImport (params: { readonly path: string }, options?: CallOptions): AsyncIterable<ProgressView>
  /** Writes one; refuses to overwrite. */
  chainExport (params: { readonly path: string }, options?: CallOptions): AsyncIterable<ProgressView>
  /** Checks every block held, and with `signatures` every transaction's; damage is a result. Throws `UNAVAILABLE` where the store is not ours. */
  chainVerify (params: { readonly signatures?: boolean }, options?: CallOptions): AsyncIterable<VerifyView>
  chainStats (params?: object, options?: CallOptions): Promise<ChainStatsView>
  /** Asks `peer` over any mounted protocol, named by its id or the name it is mounted under; each response is one item. */
  request (params: { readonly protocol: string, readonly peer: string, readonly body: unknown, readonly timeoutMs?: number }, options?: CallOptions): AsyncIterable<unknown>
  /** What happens from now on, until the caller hangs up. */
  events (params?: object, options?: CallOptions): AsyncIterable<StreamedEvent>
  /** Begins the graceful stop and returns at once. */
  stop (params?: object, options?: CallOptions): Promise<StoppingView>
}

/** The part of the API that the node itself answers; configuration origins and the process belong to the command that started it. */
export type NodeApi = Omit<AdminApi, 'config' | 'stop'>

/** What `createTosNode` gives to the daemon, beside the libp2p node it is. */
export interface TosNodeHandle {
  readonly api: NodeApi
  /** Filled when the node is ready; addresses end in `/p2p/<peerId>`. */
  readonly ready: { readonly peerId: string, readonly nodeId: string, readonly addrs: readonly string[] }
  readonly events: NodeEvents
  /** Graceful stop within `stopDeadlineMs`; may be called twice. Throws `STOP_TIMEOUT` that names what is open. */
  stop (): Promise<void>
}
