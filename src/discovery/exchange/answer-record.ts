import { peerIdFromString } from '@libp2p/peer-id'
import { isCanonicalIp } from '../../../protocols/peer-exchange/messages.ts'
import type { PeerRecord } from '../../../protocols/peer-exchange/messages.ts'
import { SERVICE } from '../../../protocols/services.ts'
import { peerIdToNodeId } from '../../protocol/index.ts'
import { requireHost } from '../peer-address.ts'
import type { AddressRules } from '../peer-address.ts'

/** A peer as the address book knows it. */
export interface KnownPeer {
  /** Text form of the PeerId. */
  readonly peer: string
  /** Multiaddrs, best first; the first that a record can hold is told. */
  readonly addresses: readonly string[]
  readonly nodeType: number
  readonly services: bigint
  /** When we last met it, Unix ms. */
  readonly lastSeen: number
}

/** A record holds one port for TCP and QUIC alike, so web sockets and names have no place in it. */
const ENDPOINT = /^\/ip[46]\/([^/]+)\/(?:tcp\/(\d{1,5})|udp\/(\d{1,5})\/quic-v1)(?:\/p2p\/[^/]+)?$/

/** The record of a peer that wants to be told of, at an address the network can reach; undefined when there is none. */
export function answerRecord ({ peer, addresses, nodeType, services, lastSeen }: KnownPeer, rules: AddressRules): PeerRecord | undefined {
  if ((services & SERVICE.shareable) === 0n) return undefined
  for (const address of addresses) {
    const [, ip, tcp, udp] = ENDPOINT.exec(address) ?? []
    const port = Number(tcp ?? udp)
    if (ip === undefined || port < 1 || port > 65_535 || !isCanonicalIp(ip) || !mayTell(ip, rules)) continue
    const id = peerIdFromString(peer)
    if (id.type !== 'Ed25519') return undefined
    return { nodeId: peerIdToNodeId(id), ip, port, nodeType, services, lastSeen: BigInt(Math.max(0, Math.floor(lastSeen / 1000))) }
  }
  return undefined
}

function mayTell (ip: string, rules: AddressRules): boolean {
  try {
    requireHost(ip, rules)
    return true
  } catch {
    // why an address of our own book is not told interests nobody
    return false
  }
}
