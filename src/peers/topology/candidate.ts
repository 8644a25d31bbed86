import type { QuotaType } from './quotas.ts'
import type { PeerRole, Whereabouts } from './peer.ts'

/** How we heard of an address. `book`: our own address book. `operator`: configuration or command line. */
export type DialSource = 'operator' | 'book' | 'dns' | 'bootstrap' | 'dht' | 'mdns' | 'exchange'

/** Who told us. */
export interface DialOrigin {
  readonly source: DialSource
  /** The one that could lie: the DNS name, the bootstrap address, the peer id; for the rest the source's own name will do. */
  readonly seed: string
}

/** Somebody who could be dialled. */
export interface DialCandidate extends Whereabouts {
  /** Peer id in text, or the address itself while no id is known. */
  readonly peer: string
  readonly addresses: readonly string[]
  /** All who told of it; at least one. */
  readonly origins: readonly DialOrigin[]
  /** The operator's word or an anchor of the last run. */
  readonly role?: Extract<PeerRole, 'static' | 'pinned' | 'trusted' | 'anchor'> | undefined
  /** A dial has proved its key before. */
  readonly tried: boolean
  /** Hint. */
  readonly nodeType?: QuotaType | 'unknown' | undefined
  /** Failed dials in a row. */
  readonly failures: number
  /** Ms before which it is left alone (`cooldownMs`), and whether that comes of a dial that failed rather than of what the peer said. */
  readonly notBefore: number
  readonly dialFailed?: boolean | undefined
  /** When it was last dialled, ms. */
  readonly triedAt?: number | undefined
  /** `admissionPrior` of what we measured. */
  readonly prior: number
  readonly banned?: boolean | undefined
}

/** What an outbound slot is used for. */
export type DialPurpose = 'named' | 'anchor' | 'full' | 'block-only' | 'extra' | 'feeler'

/** An outbound connection, or a dial in flight. */
export interface OutboundSlot extends Whereabouts {
  readonly peer: string
  readonly purpose: DialPurpose
  /** The origin it is charged to: `PlannedDial.origin`. */
  readonly origin: DialOrigin
  readonly dialling: boolean
}

/** One dial to start. Keep `purpose` and `origin`: the next plan needs them as an `OutboundSlot`. */
export interface PlannedDial {
  readonly candidate: DialCandidate
  readonly purpose: DialPurpose
  readonly origin: DialOrigin
}

/** Why a candidate is not dialled now, in one word and in a sentence for "why not connected". */
export const WHY_NOT = {
  connected: 'it is connected',
  dialling: 'it is being dialled',
  reached: 'its address belongs to a connected peer',
  banned: 'it is banned',
  'no-address': 'no address of it is known',
  cooling: 'it is left alone for a while, after a failure or a goodbye',
  'same-group': 'an outbound peer has an address in the same network group',
  'same-asn': 'two outbound peers are in the same autonomous system',
  'unknown-group': 'its network is unknown, and so is that of two outbound peers',
  'one-seed': 'a quarter of the outbound peers already comes from the seed that named it',
  'one-source': 'three quarters of the outbound peers already come from the same kind of source',
  'bootstrap-last': 'bootstrap peers only serve to get in, and others are left to try',
  enough: 'there are enough peers',
  queue: 'as many dials as allowed are under way'
} as const satisfies Record<string, string>

export type WhyNot = keyof typeof WHY_NOT
