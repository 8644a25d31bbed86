import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { TosError } from '../errors/index.ts'
import { isIn, isPublicIp, parseIp, parseRange } from '../peers/net/index.ts'

/** An address as told by somebody: where to dial, and whom to expect there. */
export interface PeerAddress {
  /** Multiaddr without its `/p2p/…` part. */
  readonly address: string
  /** Text form of the PeerId; undefined when the address names none. */
  readonly peer: string | undefined
}

/** What is taken from others. */
export interface AddressRules {
  /** Refuse what is not routable on the internet, and all names: a name can lead anywhere. True on mainnet and testnet. */
  readonly publicOnly: boolean
  /** Take addresses through a relay too; it is then the relay's address that must be a public one. Default false. */
  readonly relayed?: boolean
}

/** Longest text of an address that is looked at, characters; the longest useful one has about 120. */
const MAX_TEXT = 256
/** What our transports dial. `/dnsaddr` links are left out: they name no endpoint. */
const SHAPE = /^(?:ip4|ip6|dns|dns4|dns6)\/(?:tcp(?:\/ws|\/wss|\/tls\/ws)?|udp\/quic-v1)(?:\/p2p)?(\/p2p-circuit(?:\/p2p)?)?$/
/** Never a host, on no network: "this network", multicast, reserved and broadcast (RFC 6890), the unspecified address (RFC 4291). */
const NO_HOST = ['0.0.0.0/8', '224.0.0.0/3', '::/128', 'ff00::/8'].map(range => parseRange(range))

/**
 * Reads a multiaddr that a stranger names. Throws `ADDRESS_UNUSABLE` when no transport of ours can dial it or the id is not an
 * Ed25519 one, `ADDRESS_NOT_PUBLIC` for what the rules exclude.
 */
export function readPeerAddress (text: string, rules: AddressRules): PeerAddress {
  const parsed = parse(text)
  const parts = parsed.getComponents()
  const host = parts[0]
  const shape = SHAPE.exec(parts.map(({ name }) => name).join('/'))
  if (host?.value === undefined || shape === null || parts[1]?.value === '0' || (shape[1] !== undefined && rules.relayed !== true)) throw unusable(text)
  if (host.name.startsWith('ip')) requireHost(host.value, rules)
  else if (rules.publicOnly) throw new TosError('ADDRESS_NOT_PUBLIC', `${host.value} is a name, which could stand for any address`)
  const split = splitPeer(parsed.toString())
  return split.peer === undefined ? split : { ...split, peer: ed25519Text(split.peer) }
}

/** Throws `ADDRESS_UNUSABLE` unless `ip` is the address of one host, `ADDRESS_NOT_PUBLIC` for what the rules exclude. */
export function requireHost (ip: string, { publicOnly }: AddressRules): void {
  const parsed = parseIp(ip)
  if (parsed === undefined || isIn(parsed, NO_HOST)) throw unusable(ip)
  if (publicOnly && !isPublicIp(parsed)) throw new TosError('ADDRESS_NOT_PUBLIC', `${ip} is not routable on the internet`)
}

/** The multiaddr of a TCP port; `ip` is in text form, brackets not included. */
export function tcpAddress (ip: string, port: number): string {
  return `/${ip.includes(':') ? 'ip6' : 'ip4'}/${ip}/tcp/${port}`
}

/** Splits the id off an address; nothing is checked. The last `/p2p/…` counts: those before it belong to relays. */
export function splitPeer (address: string): PeerAddress {
  const at = address.lastIndexOf('/p2p/')
  const peer = at < 0 ? '' : address.slice(at + 5)
  return peer === '' || peer.includes('/') ? { address, peer: undefined } : { address: address.slice(0, at), peer }
}

/** The canonical text of an id. Throws `ADDRESS_UNUSABLE`: only Ed25519 peers have a TOS node id. */
export function ed25519Text (text: string): string {
  let id: PeerId
  try {
    id = peerIdFromString(text)
  } catch (cause) {
    throw new TosError('ADDRESS_UNUSABLE', `${text.slice(0, 80)} is not a peer id`, { cause })
  }
  if (id.type === 'Ed25519') return id.toString()
  throw new TosError('ADDRESS_UNUSABLE', `${text} is not an Ed25519 identity`)
}

function parse (text: string): Multiaddr {
  if (text.length > MAX_TEXT) throw unusable(text)
  try {
    return multiaddr(text)
  } catch (cause) {
    throw unusable(text, cause)
  }
}

function unusable (text: string, cause?: unknown): TosError {
  return new TosError('ADDRESS_UNUSABLE', `not an address we can dial: ${text.slice(0, 80)}`, cause === undefined ? {} : { cause })
}
