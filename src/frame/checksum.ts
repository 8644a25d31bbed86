import { sha3Text } from './digest.ts'

/** Bytes of the digest that the header carries. */
const CHECKSUM_BYTES = 8

/**
 * Writes the header checksum of `payload` at `target[at..at + 8]`: the first 8 bytes of SHA3-256, read as a big-endian u64 and
 * written little-endian, so they stand reversed (WIRE.md §2).
 */
export function writeChecksum (payload: Uint8Array, target: Uint8Array, at: number): void {
  const digest = sha3Text(payload)
  for (let i = 0; i < CHECKSUM_BYTES; i++) target[at + i] = digest.charCodeAt(CHECKSUM_BYTES - 1 - i)
}

/** True when `header[at..at + 8]` is the checksum of `payload`. */
export function checksumMatches (payload: Uint8Array, header: Uint8Array, at: number): boolean {
  const digest = sha3Text(payload)
  for (let i = 0; i < CHECKSUM_BYTES; i++) {
    if (header[at + i] !== digest.charCodeAt(CHECKSUM_BYTES - 1 - i)) return false
  }
  return true
}

/** The checksum as the u64 that a decoded header shows. */
export function checksum (payload: Uint8Array): bigint {
  const out = new Uint8Array(CHECKSUM_BYTES)
  writeChecksum(payload, out, 0)
  return new DataView(out.buffer).getBigUint64(0, true)
}
