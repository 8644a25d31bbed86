import type { TopologyPeer, WhyNot } from '../topology/index.ts'
import type { KnownCandidate } from './parts.ts'

/** A candidate in the queue, and why it is not connected. */
export interface QueuedPeer {
  readonly key: string
  readonly addresses: readonly string[]
  readonly origins: readonly string[]
  /** Failed dials and farewells in a row. */
  readonly failures: number
  /** How long it is left alone yet, ms. */
  readonly waitMs: number
  /** One word, and the same in a sentence; absent: it is next. */
  readonly why?: WhyNot
  readonly because?: string
}

/** Keeps the node connected: libp2p v3 dials nobody by itself. */
export interface PeerManager {
  start (): void
  /** Ends all dials and remembers the anchors. */
  stop (): void
  /** `peer` and we part, one saying GOODBYE with `reason`: it is left alone for as long as that asks for. */
  parted (peer: string, reason: number): void
  /** Somebody else's new and valid block has come: the peers do not keep us behind. */
  newBlock (): void
  /** Everybody who could be dialled, and why they are not. */
  queue (): QueuedPeer[]
  candidates (): KnownCandidate[]
  /** The connected peers as the topology judges them. */
  peers (): TopologyPeer[]
  /** Sizes of its tables. */
  dump (): Record<string, number>
}
