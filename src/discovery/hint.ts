import { splitPeer } from './peer-address.ts'

/** What a source says of a peer. Nothing in it is true before a dial has proved the key. */
export interface Hint {
  /** Text form of the PeerId, when the source names one. */
  readonly peer?: string
  /** Multiaddrs, best first, with or without `/p2p/…`. */
  readonly addresses: readonly string[]
  /** WIRE.md §5, 255 for unknown. */
  readonly nodeType?: number
  /** Service bits, as claimed. */
  readonly services?: bigint
  /** When the source says it last met the peer, Unix ms, never in the future. */
  readonly seenAt?: number
}

/** The peer a hint is about: the one it names, else the first its addresses name. */
export function peerOfHint ({ peer, addresses }: Hint): string | undefined {
  return peer ?? addresses.map(splitPeer).find(({ peer }) => peer !== undefined)?.peer
}
