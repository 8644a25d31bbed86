import type { IpAddress } from './ip-address.ts'

/** CIDR text of the first `bits` bits (RFC 5952 form), e.g. '203.0.113.0/24', '2001:db8::/64'. More bits than there are means all. */
export function prefixKey (ip: IpAddress, bits: number): string {
  const length = Math.min(bits, ip.bytes.length * 8)
  return `${formatIp({ version: ip.version, bytes: masked(ip.bytes, length) })}/${length}`
}

/**
 * Key of the network group an address belongs to: /16 for IPv4, /32 for IPv6, which usually belong to one operator: what an attacker must
 * pay for again and again (SECURITY §3, eclipse). Written out, because the address book asks for thousands at once.
 */
export function groupKey ({ version, bytes }: IpAddress): string {
  if (version === 4) return `${bytes[0] as number}.${bytes[1] as number}.0.0/16`
  const [first, second] = [wordAt(bytes, 0), wordAt(bytes, 2)]
  if (second !== 0) return `${first.toString(16)}:${second.toString(16)}::/32`
  return first === 0 ? '::/32' : `${first.toString(16)}::/32`
}

/** Text form of an address, the shortest one for IPv6 (RFC 5952). */
export function formatIp ({ version, bytes }: IpAddress): string {
  if (version === 4) return `${bytes[0] as number}.${bytes[1] as number}.${bytes[2] as number}.${bytes[3] as number}`
  const { start, end } = longestZeros(bytes)
  let text = ''
  for (let at = 0; at < 16; at += 2) {
    if (at === start) text += '::'
    if (at >= start && at < end) continue
    text += `${at > 0 && at !== end ? ':' : ''}${wordAt(bytes, at).toString(16)}`
  }
  return text
}

/** Bytes `start` to `end` are the longest run of two or more zero words, the first of equals; `start` is 16 when there is none. */
function longestZeros (bytes: Uint8Array): { readonly start: number, readonly end: number } {
  let best = { start: 16, end: 18 }
  for (let start = 0; start < 16; start += 2) {
    let end = start
    while (end < 16 && wordAt(bytes, end) === 0) end += 2
    if (end - start > best.end - best.start) best = { start, end }
  }
  return best
}

function wordAt (bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) << 8 | bytes[at + 1] as number
}

function masked (bytes: Uint8Array, bits: number): Uint8Array {
  const kept = new Uint8Array(bytes.length)
  const whole = bits >> 3
  kept.set(bytes.subarray(0, whole))
  if (whole < bytes.length) kept[whole] = (bytes[whole] as number) & 0xff00 >> (bits & 7)
  return kept
}
