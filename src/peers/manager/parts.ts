import type { Connection, PeerId } from '@libp2p/interface'
import type { AddressBook } from '../book/index.ts'
import type { PeerFacts } from '../measures/index.ts'
import type { DialLimits, TopologyLimits } from '../topology/index.ts'

/** A candidate as discovery knows it; this folder stands above discovery, so it names only what it needs. */
export interface KnownCandidate {
  /** Peer id in text, or the address itself while no id is known. */
  readonly key: string
  readonly peer: string | undefined
  /** Without `/p2p/…`, best first. */
  readonly addresses: readonly string[]
  /** `book`, `dns:peers.example.org`, `exchange:<peer id>`; most trusted first. */
  readonly origins: readonly string[]
  readonly nodeType: number
  readonly services: bigint
}

/** Where candidates come from. */
export interface CandidateSource {
  list (): readonly KnownCandidate[]
  subscribe (listener: (candidate: KnownCandidate) => void): () => void
  /** A dial proved that `peer` answers at `address`, which `key` stood for. False: it is not the key wanted there. */
  proved (candidate: KnownCandidate, address: string, peer: string): boolean
  /** A dial of it failed. */
  unreached? (candidate: KnownCandidate, error: unknown): void
  /** Failed too often to be worth its place. */
  remove (key: string): void
  /** Told at every look at the peers how many are missing: time to ask more sources. */
  search (need: SearchNeed): void
}

/** What the node lacks. */
export interface SearchNeed {
  readonly wanted: number
  readonly emergency: boolean
  /** Candidates that could be dialled now. */
  readonly open: number
}

/** What a peer says of itself in the handshake. */
export interface PeerClaims {
  readonly nodeType: number
  readonly services: bigint
}

/** Everything around the manager, injected. */
export interface PeerManagerDeps {
  readonly candidates: CandidateSource
  readonly book: AddressBook
  readonly limits: Partial<TopologyLimits>
  readonly dials: Partial<DialLimits>
  /** Loopback and private addresses follow no diversity rule. */
  readonly exemptPrivate: boolean
  readonly dialTimeoutMs: number
  /** Resolves once the peer proved that it is of our network and what it says of itself; rejects when it did not. */
  readonly ready: (connection: Connection) => Promise<PeerClaims>
  /** Says GOODBYE with `reason` and closes. Never rejects. */
  readonly part: (connection: Connection, reason: number) => Promise<void>
  /** GossipSub, whose streams are moved when a connection goes. */
  readonly pubsub: object
  /** Reputation 0..1000; default 500 for everybody. */
  readonly score?: (peer: string) => number
  /** What was measured of a peer; default nothing of anybody. */
  readonly measured?: (peer: string) => PeerFacts | undefined
  /** Told how a dial of ours ended, when it was of a known peer, and who had told us of it. */
  readonly dialled?: (peer: string, answered: boolean, origins: readonly string[]) => void
  readonly banned?: (peer: string, addresses: readonly string[]) => boolean
  /** Whether a peer that listens at this address is connected, though we did not dial it; such an address needs no test. */
  readonly isHere?: (address: string) => boolean
  /** Whitelisted: takes no inbound place and loses none. */
  readonly spared?: (connection: Connection) => boolean
  /** Without a new block for longer than this it is time for one more outbound peer; default never. */
  readonly staleTipMs?: number
  /** We dialled this peer to exchange blocks only; true until its last connection is gone. */
  readonly blocksOnly?: (peer: PeerId) => void
  /** Monotonic ms. */
  readonly clock: () => number
  /** Unix ms, for what outlives a restart. */
  readonly wall: () => number
  /** Runs once after `ms`; returns what calls it off. */
  readonly schedule: (run: () => void, ms: number) => () => void
  /** 0 ≤ r < 1. */
  readonly random: () => number
  /** Told about every dial that failed. */
  readonly failed: (what: string, error: unknown) => void
}
