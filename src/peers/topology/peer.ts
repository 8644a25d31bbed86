import type { NodeType } from '../../../protocols/services.ts'

/**
 * What we want a peer for. `static`, `pinned` and `trusted` come from the operator; `anchor` is an outbound peer kept from before the
 * restart; `feeler` tests an address and ends; `block-only` carries blocks and nothing else; `extra` was dialled because the tip is stale.
 */
export type PeerRole = 'static' | 'pinned' | 'trusted' | 'anchor' | 'feeler' | 'block-only' | 'extra'

/** Where an address lies, as far as we know it ourselves. */
export interface Whereabouts {
  /** `groupKey` of the address: /16 for IPv4, /32 for IPv6; absent for relayed connections and for names not yet resolved. */
  readonly group?: string | undefined
  readonly asn?: number | undefined
  /** Loopback, link-local or private range: exempt from diversity where the options say so. */
  readonly privateRange?: boolean | undefined
}

/** One connected peer (one entry each, whatever the number of its connections). Measured by ourselves unless it says hint. */
export interface TopologyPeer extends Whereabouts {
  /** Peer id in text. */
  readonly peer: string
  readonly direction: 'inbound' | 'outbound'
  /** Hint: what the peer claims to be. */
  readonly nodeType: NodeType
  /** Its node id is in the voter registry: without that a validator counts as a full node. */
  readonly confirmedValidator?: boolean | undefined
  /** Hint: the service bits it claims. */
  readonly services: bigint
  /** Nonce-checked ping; absent until the first answer. */
  readonly rttMs?: number | undefined
  /** How long it has been connected. */
  readonly connectedMs: number
  /** Reputation, 0..1000. */
  readonly score: number
  readonly role?: PeerRole | undefined
  /** When it last was the first to deliver a valid block or transaction, ms of the same clock as `now`. */
  readonly firstBlockAt?: number | undefined
  readonly firstTxAt?: number | undefined
}

/** True for peers the operator named: never pruned, and free of diversity rules. */
export function isNamed ({ role }: { readonly role?: PeerRole | undefined }): boolean {
  return role === 'static' || role === 'pinned' || role === 'trusted'
}

/** The type a peer counts as. */
export function countedType ({ nodeType, confirmedValidator }: Pick<TopologyPeer, 'nodeType' | 'confirmedValidator'>): NodeType {
  return nodeType === 'validator' && confirmedValidator !== true ? 'full' : nodeType
}
