import { fromHex } from '../../wire/index.ts'
import { compareBytes } from './hash.ts'

const HASH_MAX = (1n << 256n) - 1n

/** Largest hash that satisfies `difficulty`, 32 bytes big-endian: floor((2^256 − 1) / difficulty). Throws RangeError below 1. */
export function targetOf (difficulty: bigint): Uint8Array {
  if (difficulty < 1n) throw new RangeError('a difficulty is at least 1')
  return fromHex((HASH_MAX / difficulty).toString(16).padStart(64, '0'), 32)
}

/** True when `hash`, read as a big-endian number, does not exceed `target`. */
export function meetsTarget (hash: Uint8Array, target: Uint8Array): boolean {
  return compareBytes(hash, target) <= 0
}
