import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { KEY_BYTES, requireSealed, requireSealRange, requireSize, sealBroken } from './crypto-limits.ts'
import { TAG_BYTES } from './session-crypto.ts'
import type { SessionAead } from './session-crypto.ts'
import { createWasmAead, WASM_MAX_BYTES } from './wasm-aead.ts'

const CIPHER = 'chacha20-poly1305'
const OPTIONS = { authTagLength: TAG_BYTES } as const

/**
 * Below this WebAssembly is faster, bytes: 100 B take 2 µs against 5.5 to seal and leave no cipher object behind for the collector; at 1 KiB
 * the two meet in a tight loop.
 */
const SMALL_BYTES = 640

/**
 * ChaCha20-Poly1305 for `node:crypto`: OpenSSL, and WebAssembly for what is small.
 */
export function createNodeAead (raw: Uint8Array): SessionAead {
  const [small, large] = [createWasmAead(raw), createOpensslAead(raw)]
  const pick = (length: number, associated: Uint8Array): SessionAead => length < SMALL_BYTES && associated.length <= WASM_MAX_BYTES ? small : large
  return {
    seal (nonce, associated, bytes, start, length) { pick(length, associated).seal(nonce, associated, bytes, start, length) },
    open: (nonce, associated, sealed) => pick(sealed.length - TAG_BYTES, associated).open(nonce, associated, sealed)
  }
}

/**
 * ChaCha20-Poly1305 on OpenSSL (RFC 8439 §2.8).
 *
 * OpenSSL's update always allocates its output, so sealing in place costs one copy: 8 % at 64 KiB and 1 MiB. Feeding it in pieces was
 * measured (8 to 256 KiB) and is never faster, at 8 KiB by half slower: a call costs more than the memory it saves.
 */
export function createOpensslAead (raw: Uint8Array): SessionAead {
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
