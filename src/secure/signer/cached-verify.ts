import { verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { RAW_KEY_BYTES, importPublicKey } from './keys.ts'
import type { SignatureAlgorithm } from './keys.ts'

/** Verification with one algorithm that remembers imported keys. */
export interface CachedVerify {
  /** `raw` is the public key. False for anything that does not verify, whatever its size. `context` is for ML-DSA only. */
  verify (raw: Uint8Array, message: Uint8Array, signature: Uint8Array, context?: Uint8Array): boolean
  /** Imported keys held. */
  readonly keys: number
}

/** FIPS 204 §5.2: a longer context is never valid. */
const MAX_CONTEXT = 255

/**
 * OpenSSL's verification with a least-recently-used cache of at most `maxKeys` imported keys, because an import costs up to a third
 * of a verification. A key enters it with its first good signature, so that forged messages push none out.
 */
export function createCachedVerify (algorithm: SignatureAlgorithm, maxKeys: number): CachedVerify {
  const cache = new LRUCache<string, KeyObject>({ max: maxKeys })
  return {
    verify (raw, message, signature, context) {
      if (raw.length !== RAW_KEY_BYTES[algorithm] || (context?.length ?? 0) > MAX_CONTEXT) return false
      const name = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1')
      const held = cache.get(name)
      const key = held ?? importPublicKey(algorithm, raw)
      const valid = verify(null, message, context === undefined ? key : { key, context }, signature)
      if (valid && held === undefined) cache.set(name, key)
      return valid
    },
    get keys () { return cache.size }
  }
}
