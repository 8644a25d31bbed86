import { x25519 } from '@noble/curves/ed25519.js'
import { ml_kem768 as mlKem768 } from '@noble/post-quantum/ml-kem.js'
import { KEM_SEED_BYTES, KEY_BYTES, misencodedKem, requireSize, zeroSecret } from './crypto-limits.ts'
import { KEM_CIPHERTEXT_BYTES, KEM_PUBLIC_BYTES, X25519_BYTES } from './session-crypto.ts'
import type { SessionCrypto } from './session-crypto.ts'

/** X25519 and ML-KEM-768 on noble. Randomness comes from `globalThis.crypto`. */
export function createNobleExchange (): Pick<SessionCrypto, 'x25519KeyPair' | 'kemKeyPair' | 'encapsulate'> {
  return {
    x25519KeyPair (seed) {
      if (seed !== undefined) requireSize('INVALID_VALUE', 'the X25519 seed', seed, X25519_BYTES)
      // not slice(): a Buffer's shares its memory, and the caller wipes it
      const secretKey = seed === undefined ? x25519.utils.randomSecretKey() : Uint8Array.from(seed)
      return {
        publicKey: x25519.getPublicKey(secretKey),
        agree (theirs) {
          requireSize('HANDSHAKE_FAILED', 'the X25519 key', theirs, X25519_BYTES)
          try {
            return x25519.getSharedSecret(secretKey, theirs)
          } catch (cause) {
            // both sizes are right, so this is noble's own refusal of the zero secret
            throw zeroSecret(cause)
          }
        }
      }
    },

    kemKeyPair (seed) {
      if (seed !== undefined) requireSize('INVALID_VALUE', 'the ML-KEM seed', seed, KEM_SEED_BYTES)
      const { publicKey, secretKey } = mlKem768.keygen(seed)
      return {
        publicKey,
        decapsulate (ciphertext) {
          requireSize('HANDSHAKE_FAILED', 'the ML-KEM ciphertext', ciphertext, KEM_CIPHERTEXT_BYTES)
          return mlKem768.decapsulate(ciphertext, secretKey)
        }
      }
    },

    encapsulate (publicKey, seed) {
      if (seed !== undefined) requireSize('INVALID_VALUE', 'the ML-KEM message', seed, KEY_BYTES)
      requireSize('HANDSHAKE_FAILED', 'the ML-KEM key', publicKey, KEM_PUBLIC_BYTES)
      try {
        const { cipherText, sharedSecret } = mlKem768.encapsulate(publicKey, seed)
        return { ciphertext: cipherText, sharedSecret }
      } catch (cause) {
        // the sizes are right, so this is the modulus check
        throw misencodedKem(cause)
      }
    }
  }
}
