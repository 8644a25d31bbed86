import type { IpAddress } from './ip-address.ts'

/** Bits that usually belong to one operator: what an attacker must pay for again and again (SECURITY §3, eclipse). */
const GROUP_BITS = { 4: 16, 6: 32 } as const

/** CIDR text of the first `bits` bits (RFC 5952 form), e.g. '203.0.113.0/24', '2001:db8::/64'. More bits than there are means all. */
export function prefixKey (ip: IpAddress, bits: number): string {
  const length = Math.min(bits, ip.bytes.length * 8)
  return `${formatIp({ version: ip.version, bytes: masked(ip.bytes, length) })}/${length}`
}

/** Key of the network group an address belongs to: /16 for IPv4, /32 for IPv6. */
export function groupKey (ip: IpAddress): string {
  return prefixKey(ip, GROUP_BITS[ip.version])
}

/** Text form of an address, the shortest one for IPv6 (RFC 5952). */
export function formatIp ({ version, bytes }: IpAddress): string {
  if (version === 4) return bytes.join('.')
  const words: string[] = []
  for (let i = 0; i < 16; i += 2) words.push(((bytes[i] as number) << 8 | bytes[i + 1] as number).toString(16))
  // the URL parser writes IPv6 hosts as RFC 5952 asks for, in brackets
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1)
}

function masked (bytes: Uint8Array, bits: number): Uint8Array {
  const kept = new Uint8Array(bytes.length)
  const whole = bits >> 3
  kept.set(bytes.subarray(0, whole))
  if (whole < bytes.length) kept[whole] = (bytes[whole] as number) & 0xff00 >> (bits & 7)
  return kept
}
