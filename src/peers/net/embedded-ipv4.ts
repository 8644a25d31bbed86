/** An IPv4 address found inside an IPv6 one, and how many leading bits mark the form. */
export interface EmbeddedIpv4 {
  readonly bytes: Uint8Array
  readonly bits: number
}

/**
 * The IPv4 address that 16 bytes of IPv6 stand for: v4-mapped ::ffff:0:0/96 (RFC 4291), 6to4 2002::/16 (RFC 3056), Teredo
 * 2001::/32 with the client inverted in the last 32 bits (RFC 4380), NAT64 64:ff9b::/96 (RFC 6052). Undefined for all others:
 * the local NAT64 range 64:ff9b:1::/48 has no fixed place for the address and is not routed between networks.
 */
export function embeddedIpv4 (bytes: Uint8Array): EmbeddedIpv4 | undefined {
  switch (word(bytes, 0)) {
    case 0: return zeros(bytes, 2, 10) && word(bytes, 10) === 0xffff ? { bytes: bytes.slice(12), bits: 96 } : undefined
    case 0x2002: return { bytes: bytes.slice(2, 6), bits: 16 }
    case 0x2001: return word(bytes, 2) === 0 ? { bytes: bytes.slice(12).map(byte => byte ^ 0xff), bits: 32 } : undefined
    case 0x64: return word(bytes, 2) === 0xff9b && zeros(bytes, 4, 12) ? { bytes: bytes.slice(12), bits: 96 } : undefined
    default: return undefined
  }
}

const word = (bytes: Uint8Array, at: number): number => (bytes[at] as number) << 8 | bytes[at + 1] as number

function zeros (bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false
  return true
}
