import { isIP } from 'node:net'
import { embeddedIpv4 } from './embedded-ipv4.ts'

/** An address as numbers: 4 or 16 bytes, network order. */
export interface IpAddress {
  readonly version: 4 | 6
  readonly bytes: Uint8Array
}

/**
 * Reads the text form of an address, strictly (no zone, no port, no leading zeros); undefined when it is none. An IPv6 form that
 * carries an IPv4 address is reduced to it, so that one host cannot pass for many (`embedded-ipv4.ts` names the forms).
 */
export function parseIp (text: string): IpAddress | undefined {
  const ip = parseLiteral(text)
  const inner = ip?.version === 6 ? embeddedIpv4(ip.bytes) : undefined
  return inner === undefined ? ip : { version: 4, bytes: inner.bytes }
}

/** The address at the head of a multiaddr `/ip4/…`, `/ip6/…` or `/ip6zone/…/ip6/…`; undefined for names and for relayed addresses. */
export function ipOf (multiaddr: string): IpAddress | undefined {
  const parts = multiaddr.split('/')
  // the address before the relay is the relay's, not the peer's
  if (parts[0] !== '' || parts.includes('p2p-circuit')) return undefined
  const at = parts[1] === 'ip6zone' ? 3 : 1
  const ip = parseLiteral(parts[at + 1] ?? '')
  return ip === undefined || parts[at] !== `ip${ip.version}` ? undefined : parseIp(parts[at + 1] as string)
}

/** Like `parseIp`, but as written: nothing is reduced. For ranges, whose address is only the beginning of something. */
export function parseLiteral (text: string): IpAddress | undefined {
  // a zone names an interface of one machine: it is no part of the address
  const version = text.includes('%') ? 0 : isIP(text)
  if (version === 4) return { version, bytes: Uint8Array.from(text.split('.'), Number) }
  return version === 6 ? { version, bytes: ipv6Bytes(text) } : undefined
}

/** `text` is valid: `isIP` has judged it. */
function ipv6Bytes (text: string): Uint8Array {
  const bytes = new Uint8Array(16)
  const [head, tail] = text.split('::') as [string, string?]
  bytes.set(groups(head))
  if (tail !== undefined) {
    const end = groups(tail)
    bytes.set(end, 16 - end.length)
  }
  return bytes
}

function groups (text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}
