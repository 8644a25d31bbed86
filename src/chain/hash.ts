import { hash } from 'node:crypto'

/** Bytes of every hash of the chain. */
export const HASH_BYTES = 32

/**
 * SHA3-256 of `bytes` (FIPS 202), 32 bytes.
 * Through a latin1 ("binary") string: for inputs below a few KiB that costs half of asking node:crypto for a Buffer.
 */
export function sha3 (bytes: Uint8Array): Uint8Array {
  return Buffer.from(hash('sha3-256', bytes, 'binary'), 'latin1')
}

/** Negative, zero or positive as `a` stands before, at or after `b`, bytewise. */
export function compareBytes (a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

/** True when both hold the same bytes. Not constant-time: for public values only. */
export function sameBytes (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}
