import { TosError } from '../../errors/index.ts'
import { embeddedIpv4 } from './embedded-ipv4.ts'
import { parseLiteral } from './ip-address.ts'
import type { IpAddress } from './ip-address.ts'

/** All addresses that share the first `bits` bits of `bytes`. */
export interface IpRange {
  readonly version: 4 | 6
  readonly bytes: Uint8Array
  readonly bits: number
}

/**
 * Reads CIDR notation (RFC 4632, RFC 4291 §2.3) or a single address; bits behind the prefix are ignored.
 * Throws CONFIG_INVALID for anything else, and for an IPv6 form of IPv4, which no reduced address could match.
 */
export function parseRange (text: string): IpRange {
  const range = readRange(text)
  const inner = range.version === 6 ? embeddedIpv4(range.bytes) : undefined
  if (inner === undefined || range.bits < inner.bits) return range
  throw invalid(`an IPv6 form of an IPv4 range: ${text}`, text, 'write the IPv4 range itself: such addresses are compared as IPv4')
}

/** Like `parseRange`, as written: ranges around the IPv6 forms of IPv4 are allowed. Throws CONFIG_INVALID. */
export function readRange (text: string): IpRange {
  const [address, length, ...rest] = text.split('/') as [string, ...string[]]
  const ip = parseLiteral(address)
  const most = (ip?.bytes.length ?? 0) * 8
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  if (ip !== undefined && rest.length === 0 && bits <= most) return { ...ip, bits }
  throw invalid(`not an address range: ${text}`, text, 'write it like 203.0.113.0/24 or 2001:db8::/32')
}

/** True when `ip` lies in `range`; never across versions. */
export function inRange ({ version, bytes }: IpAddress, range: IpRange): boolean {
  if (version !== range.version) return false
  const whole = range.bits >> 3
  for (let i = 0; i < whole; i++) if (bytes[i] !== range.bytes[i]) return false
  const rest = range.bits & 7
  return rest === 0 || ((bytes[whole] as number) ^ (range.bytes[whole] as number)) >> (8 - rest) === 0
}

function invalid (message: string, range: string, hint: string): TosError {
  return new TosError('CONFIG_INVALID', message, { hint, details: { range } })
}
