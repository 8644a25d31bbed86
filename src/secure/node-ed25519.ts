import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { KEY_BYTES, requireSize } from './crypto-limits.ts'
import { isStrictPoint } from './ed25519-points.ts'
import { SIGNATURE_BYTES } from './session-crypto.ts'
import type { SessionCrypto } from './session-crypto.ts'

/** Imported public keys remembered; an import costs a third of a verification. */
const KEYS = 1024

/**
 * Ed25519 on OpenSSL, which verifies without the cofactor, compares R bytewise and refuses S ≥ L, but reduces a non-canonical y of the
 * key and, before Node 24.21, takes points of small order. Both are refused here first.
 */
export function createNodeEd25519 (): Pick<SessionCrypto, 'verify' | 'signer'> {
  const keys = new LRUCache<string, KeyObject>({ max: KEYS })

  function keyOf (raw: Uint8Array): KeyObject | undefined {
    if (raw.length !== KEY_BYTES) return undefined
    const buffer = Buffer.from(raw.buffer, raw.byteOffset, KEY_BYTES)
    const name = buffer.toString('latin1')
    let key = keys.get(name)
    if (key === undefined && isStrictPoint(raw)) keys.set(name, key = createPublicKey({ key: buffer, format: 'raw-public', asymmetricKeyType: 'ed25519' }))
    return key
  }

  return {
    verify (publicKey, message, signature) {
      if (signature.length !== SIGNATURE_BYTES || !isStrictPoint(signature)) return false
      const key = keyOf(publicKey)
      return key !== undefined && verify(null, message, key, signature)
    },

    signer (seed) {
      requireSize('INVALID_VALUE', 'the Ed25519 seed', seed, KEY_BYTES)
      const key = createPrivateKey({ key: Buffer.from(seed.buffer, seed.byteOffset, KEY_BYTES), format: 'raw-private', asymmetricKeyType: 'ed25519' })
      return message => sign(null, message, key)
    }
  }
}
