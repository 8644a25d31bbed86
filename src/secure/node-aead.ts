import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { KEY_BYTES, requireSealed, requireSealRange, requireSize, sealBroken } from './crypto-limits.ts'
import { TAG_BYTES } from './session-crypto.ts'
import type { SessionAead } from './session-crypto.ts'

const CIPHER = 'chacha20-poly1305'
const OPTIONS = { authTagLength: TAG_BYTES } as const

/**
 * ChaCha20-Poly1305 on OpenSSL (RFC 8439 §2.8).
 *
 * OpenSSL's update always allocates its output, so sealing in place costs one copy: 8 % at 64 KiB and 1 MiB. Feeding it in pieces was
 * measured (8 to 256 KiB) and is never faster, at 8 KiB by half slower: a call costs more than the memory it saves.
 */
export function createNodeAead (raw: Uint8Array): SessionAead {
  requireSize('INVALID_VALUE', 'the key', raw, KEY_BYTES)
  // a raw key would be imported again by each call, which costs more than sealing a small frame
  const key = createSecretKey(raw)
  return {
    seal (nonce, associated, bytes, start, length) {
      requireSealRange(nonce, bytes, start, length)
      const end = start + length
      const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS)
      cipher.setAAD(associated, { plaintextLength: length })
      bytes.set(cipher.update(bytes.subarray(start, end)), start)
      cipher.final()
      bytes.set(cipher.getAuthTag(), end)
    },

    open (nonce, associated, sealed) {
      requireSealed(nonce, sealed)
      const end = sealed.length - TAG_BYTES
      const decipher = createDecipheriv(CIPHER, key, nonce, OPTIONS)
      decipher.setAAD(associated, { plaintextLength: end })
      decipher.setAuthTag(sealed.subarray(end))
      const plaintext = decipher.update(sealed.subarray(0, end))
      try {
        decipher.final()
      } catch (cause) {
        throw sealBroken(cause)
      }
      return plaintext
    }
  }
}
