import { TosError } from '../../errors/index.ts'

/** A 64-bit keyed hash as two int32; `lo` is never 0. It stands for its key in tables: make it once per peer, use it per message. */
export interface HashKey {
  readonly hi: number
  readonly lo: number
}

/** Hashes text (as UTF-8) or bytes. */
export type KeyHash = (key: string | Uint8Array) => HashKey

/** Bytes of the secret. */
export const KEY_HASH_SECRET_LENGTH = 8

/** Texts up to a third of this many characters need no memory of their own. */
const SCRATCH_LENGTH = 384

/**
 * HalfSipHash-1-3 with 64 bits of output (Aumasson and Bernstein): made for hash tables, on 32-bit words, which JavaScript computes
 * fastest. Without the secret nobody can choose keys that collide or crowd one place. By chance two of 10^6 keys collide in one of
 * 3·10^7 tables, and would share a budget. Throws INVALID_VALUE for a secret that is not 8 bytes long.
 */
export function createKeyHash (secret: Uint8Array): KeyHash {
  if (secret.length !== KEY_HASH_SECRET_LENGTH) throw new TosError('INVALID_VALUE', `a key-hash secret has ${KEY_HASH_SECRET_LENGTH} bytes, not ${secret.length}`)
  const k0 = word(secret, 0)
  const k1 = word(secret, 4)
  const encoder = new TextEncoder()
  const scratch = new Uint8Array(SCRATCH_LENGTH)
  return key => {
    if (typeof key === 'string' && key.length * 3 <= SCRATCH_LENGTH) return hashBytes(k0, k1, scratch, encoder.encodeInto(key, scratch).written)
    const bytes = typeof key === 'string' ? encoder.encode(key) : key
    return hashBytes(k0, k1, bytes, bytes.length)
  }
}

function hashBytes (k0: number, k1: number, bytes: Uint8Array, length: number): HashKey {
  let v0 = k0
  let v1 = k1 ^ 0xee
  let v2 = k0 ^ 0x6c796765
  let v3 = k1 ^ 0x74656462
  const whole = length & ~3
  // the last word carries the length and what is left; then three rounds for each half of the output
  for (let at = 0; at <= whole; at += 4) {
    const m = at < whole ? word(bytes, at) : lastWord(bytes, whole, length)
    v3 ^= m
    v0 = v0 + v1 | 0; v1 = (v1 << 5 | v1 >>> 27) ^ v0; v0 = v0 << 16 | v0 >>> 16
    v2 = v2 + v3 | 0; v3 = (v3 << 8 | v3 >>> 24) ^ v2
    v0 = v0 + v3 | 0; v3 = (v3 << 7 | v3 >>> 25) ^ v0
    v2 = v2 + v1 | 0; v1 = (v1 << 13 | v1 >>> 19) ^ v2; v2 = v2 << 16 | v2 >>> 16
    v0 ^= m
  }
  v2 ^= 0xee
  let lo = 0
  for (let round = 0; round < 6; round++) {
    if (round === 3) {
      lo = v1 ^ v3
      v1 ^= 0xdd
    }
    v0 = v0 + v1 | 0; v1 = (v1 << 5 | v1 >>> 27) ^ v0; v0 = v0 << 16 | v0 >>> 16
    v2 = v2 + v3 | 0; v3 = (v3 << 8 | v3 >>> 24) ^ v2
    v0 = v0 + v3 | 0; v3 = (v3 << 7 | v3 >>> 25) ^ v0
    v2 = v2 + v1 | 0; v1 = (v1 << 13 | v1 >>> 19) ^ v2; v2 = v2 << 16 | v2 >>> 16
  }
  // tables mark a free slot by lo = 0
  return { hi: v1 ^ v3, lo: lo === 0 ? 1 : lo }
}

function word (bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | (bytes[at + 1] as number) << 8 | (bytes[at + 2] as number) << 16 | (bytes[at + 3] as number) << 24
}

function lastWord (bytes: Uint8Array, at: number, length: number): number {
  let last = length << 24
  for (let i = at; i < length; i++) last |= (bytes[i] as number) << (i - at) * 8
  return last
}
