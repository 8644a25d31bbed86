import { createPrivateKey, createPublicKey, decapsulate, diffieHellman, encapsulate, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { TosError } from '../errors/index.ts'
import { KEM_SEED_BYTES, misencodedKem, requireSize, zeroSecret } from './crypto-limits.ts'
import { KEM_CIPHERTEXT_BYTES, KEM_PUBLIC_BYTES, X25519_BYTES } from './session-crypto.ts'
import type { SessionCrypto } from './session-crypto.ts'

// Raw key formats (Node 24.15): exporting one costs 2-7 µs where SPKI costs 45, importing two thirds of SPKI or JWK
const RAW = { format: 'raw-public' } as const

/** X25519 and ML-KEM-768 on OpenSSL 3.5. */
export function createNodeExchange (): Pick<SessionCrypto, 'x25519KeyPair' | 'kemKeyPair' | 'encapsulate'> {
  return {
    x25519KeyPair (seed) {
      if (seed !== undefined) requireSize('INVALID_VALUE', 'the X25519 seed', seed, X25519_BYTES)
      const privateKey = seed === undefined
        ? generateKeyPairSync('x25519').privateKey
        : createPrivateKey({ key: asBuffer(seed), format: 'raw-private', asymmetricKeyType: 'x25519' })
      return {
        publicKey: publicOf(privateKey),
        agree (theirs) {
          requireSize('HANDSHAKE_FAILED', 'the X25519 key', theirs, X25519_BYTES)
          const publicKey = createPublicKey({ key: asBuffer(theirs), format: 'raw-public', asymmetricKeyType: 'x25519' })
          try {
            return diffieHellman({ privateKey, publicKey })
          } catch (cause) {
            // of 32 bytes and two good keys nothing else can fail: OpenSSL refuses to derive the zero secret
            throw zeroSecret(cause)
          }
        }
      }
    },

    kemKeyPair (seed) {
      if (seed !== undefined) requireSize('INVALID_VALUE', 'the ML-KEM seed', seed, KEM_SEED_BYTES)
      const privateKey = seed === undefined
        ? generateKeyPairSync('ml-kem-768').privateKey
        : createPrivateKey({ key: asBuffer(seed), format: 'raw-seed', asymmetricKeyType: 'ml-kem-768' })
      return {
        publicKey: publicOf(privateKey),
        decapsulate (ciphertext) {
          requireSize('HANDSHAKE_FAILED', 'the ML-KEM ciphertext', ciphertext, KEM_CIPHERTEXT_BYTES)
          return decapsulate(privateKey, ciphertext)
        }
      }
    },

    encapsulate (publicKey, seed) {
      if (seed !== undefined) throw new TosError('INVALID_VALUE', 'OpenSSL draws the randomness of an encapsulation itself')
      requireSize('HANDSHAKE_FAILED', 'the ML-KEM key', publicKey, KEM_PUBLIC_BYTES)
      const { ciphertext, sharedKey } = encapsulate(kemKey(publicKey))
      return { ciphertext, sharedSecret: sharedKey }
    }
  }
}

/** The import includes the modulus check; the tests hold OpenSSL to it with every such key of Wycheproof. */
function kemKey (raw: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: asBuffer(raw), format: 'raw-public', asymmetricKeyType: 'ml-kem-768' })
  } catch (cause) {
    throw misencodedKem(cause)
  }
}

function publicOf (privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export(RAW)
}

function asBuffer (bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
