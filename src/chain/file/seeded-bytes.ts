import { sha3 } from '../block/hash.ts'

/** Bytes that look random and follow from a seed alone. Not for keys that guard anything. */
export interface SeededBytes {
  bytes (count: number): Uint8Array
  /** Integer from 0 to `limit - 1`; `limit` ≤ 2^32. */
  below (limit: number): number
  /** From 0 inclusive to 1 exclusive. */
  fraction (): number
}

/** SHA3-256 in counter mode over `seed`. */
export function createSeededBytes (seed: string): SeededBytes {
  const input = Buffer.concat([Buffer.alloc(8), Buffer.from(seed)])
  let counter = 0n
  let pool = Buffer.alloc(0)
  const take = (count: number): Buffer => {
    while (pool.length < count) {
      input.writeBigUInt64LE(counter++)
      pool = Buffer.concat([pool, sha3(input)])
    }
    const out = pool.subarray(0, count)
    pool = pool.subarray(count)
    return out
  }
  const fraction = (): number => take(4).readUInt32LE() / 2 ** 32
  return { bytes: count => Buffer.from(take(count)), fraction, below: limit => Math.floor(fraction() * limit) }
}
