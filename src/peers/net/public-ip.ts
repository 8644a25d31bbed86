import type { IpAddress } from './ip-address.ts'
import { inRange, parseRange, readRange } from './ip-range.ts'
import type { IpRange } from './ip-range.ts'

/** IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890): entries that are not globally reachable, and multicast. */
const isSpecial = rangeTest([
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
  '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'
])

/** Entries inside the above that the registries call globally reachable. */
const isReachable = rangeTest([
  '192.0.0.9/32', '192.0.0.10/32',
  '2001:1::1/128', '2001:1::2/128', '2001:1::3/128', '2001:3::/32', '2001:4:112::/48', '2001:20::/28', '2001:30::/28'
])

/** The only IPv6 space handed out for the internet; loopback, unique local, link-local, multicast and the rest lie outside it. */
const GLOBAL_UNICAST = parseRange('2000::/3')

/** Addresses of a machine or a site of its own (RFC 1122, 1918, 3927, 4193, 4291). Carrier NAT (RFC 6598) is shared by strangers: not here. */
const isLocal = rangeTest(['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '::1/128', 'fc00::/7', 'fe80::/10'])

/** True for addresses that can be reached over the internet. */
export function isPublicIp (ip: IpAddress): boolean {
  if (ip.version === 6 && !inRange(ip, GLOBAL_UNICAST)) return false
  return !isSpecial(ip) || isReachable(ip)
}

/** True for loopback, private, unique local and link-local addresses. */
export function isLocalIp (ip: IpAddress): boolean {
  return isLocal(ip)
}

/** True when `ip` lies in one of `list`. */
export function isIn (ip: IpAddress, list: readonly IpRange[]): boolean {
  return list.some(range => inRange(ip, range))
}

/** Tells whether an address lies in one of the ranges; looks only at those that begin with its first byte. */
function rangeTest (texts: readonly string[]): (ip: IpAddress) => boolean {
  const ranges = texts.map(text => readRange(text))
  const startingWith = (version: 4 | 6): IpRange[][] => Array.from({ length: 256 }, (_, byte) => ranges.filter(range =>
    range.version === version && inRange({ version, bytes: Uint8Array.of(byte) }, { ...range, bits: Math.min(range.bits, 8) })))
  const byFirstByte = { 4: startingWith(4), 6: startingWith(6) } as const
  return ip => {
    for (const range of byFirstByte[ip.version][ip.bytes[0] as number] as IpRange[]) if (inRange(ip, range)) return true
    return false
  }
}
