import type { IpAddress } from './ip-address.ts'
import { inRange, parseRange, readRange } from './ip-range.ts'
import type { IpRange } from './ip-range.ts'

/** IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890): entries that are not globally reachable, and multicast. */
const SPECIAL = ranges([
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
  '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'
])

/** Entries inside the above that the registries call globally reachable. */
const REACHABLE = ranges([
  '192.0.0.9/32', '192.0.0.10/32',
  '2001:1::1/128', '2001:1::2/128', '2001:1::3/128', '2001:3::/32', '2001:4:112::/48', '2001:20::/28', '2001:30::/28'
])

/** The only IPv6 space handed out for the internet; loopback, unique local, link-local, multicast and the rest lie outside it. */
const GLOBAL_UNICAST = parseRange('2000::/3')

/** Addresses of a machine or a site of its own (RFC 1122, 1918, 3927, 4193, 4291). Carrier NAT (RFC 6598) is shared by strangers: not here. */
const LOCAL = ranges(['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '::1/128', 'fc00::/7', 'fe80::/10'])

/** True for addresses that can be reached over the internet. */
export function isPublicIp (ip: IpAddress): boolean {
  if (ip.version === 6 && !inRange(ip, GLOBAL_UNICAST)) return false
  return !isIn(ip, SPECIAL) || isIn(ip, REACHABLE)
}

/** True for loopback, private, unique local and link-local addresses. */
export function isLocalIp (ip: IpAddress): boolean {
  return isIn(ip, LOCAL)
}

/** True when `ip` lies in one of `list`. */
export function isIn (ip: IpAddress, list: readonly IpRange[]): boolean {
  return list.some(range => inRange(ip, range))
}

function ranges (texts: readonly string[]): IpRange[] {
  return texts.map(text => readRange(text))
}
