import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { KEY_BYTES, requireSealed, requireSealRange, requireSize, sealBroken } from './crypto-limits.ts'
import { TAG_BYTES } from './session-crypto.ts'
import type { SessionAead } from './session-crypto.ts'

/** ChaCha20-Poly1305 on noble (RFC 8439 §2.8). */
export function createNobleAead (raw: Uint8Array): SessionAead {
  requireSize('INVALID_VALUE', 'the key', raw, KEY_BYTES)
  // not slice(): a Buffer's shares its memory, and the caller wipes it
  const key = Uint8Array.from(raw)
  return {
    seal (nonce, associated, bytes, start, length) {
      requireSealRange(nonce, bytes, start, length)
      const end = start + length
      // noble may write over its input when both begin at the same byte
      chacha20poly1305(key, nonce, associated).encrypt(bytes.subarray(start, end), bytes.subarray(start, end + TAG_BYTES))
    },

    open (nonce, associated, sealed) {
      requireSealed(nonce, sealed)
      try {
        return chacha20poly1305(key, nonce, associated).decrypt(sealed)
      } catch (cause) {
        throw sealBroken(cause)
      }
    }
  }
}
