import { compareBytes } from '../../wire/bytes.ts'
export { sha3 } from '../../frame/index.ts'
export { compareBytes }

/** Bytes of every hash of the chain. */
export const HASH_BYTES = 32

/** True when both hold the same bytes. Not constant-time: for public values only. */
export function sameBytes (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}
