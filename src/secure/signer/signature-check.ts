import { createCachedVerify } from './cached-verify.ts'
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES, HYBRID_KEY_BYTES, HYBRID_SIGNATURE_BYTES } from './keys.ts'
import { isStrictKey, isStrictSignature } from './strict-points.ts'

/** One signature to check. */
export interface CheckInput {
  /** Raw Ed25519 key, or Ed25519 ‖ ML-DSA-65. */
  readonly publicKey: Uint8Array
  /** As long as the key demands. */
  readonly signature: Uint8Array
  /** Domain ‖ body. */
  readonly message: Uint8Array
  /** Length of the domain, bytes. */
  readonly domainBytes: number
}

/** Checks signatures in the calling thread. */
export interface SignatureCheck {
  /** False for a forged, mis-sized or not strict signature or key; never throws for what a peer sent. */
  verify (input: CheckInput): boolean
  /** Imported keys held. */
  readonly keys: number
}

/** Imported ML-DSA-65 keys are large (the expanded matrix alone is 30 KiB), so fewer of them are kept. */
const ML_DSA_KEYS = 256

/**
 * Strict verification: Ed25519 as RFC 8032 §5.1.7 without the cofactor, small-order points and non-canonical encodings refused.
 * A hybrid key wants both halves to verify (AND). Each half remembers at most `maxKeys` imported keys.
 */
export function createSignatureCheck (maxKeys: number): SignatureCheck {
  const ed25519 = createCachedVerify('ed25519', maxKeys)
  const mlDsa = createCachedVerify('ml-dsa-65', Math.min(maxKeys, ML_DSA_KEYS))
  return {
    verify ({ publicKey, signature, message, domainBytes }) {
      if (!isFormed(publicKey, signature)) return false
      const edKey = publicKey.subarray(0, ED25519_KEY_BYTES)
      const edSignature = signature.subarray(0, ED25519_SIGNATURE_BYTES)
      if (!isStrictKey(edKey) || !isStrictSignature(edSignature) || !ed25519.verify(edKey, message, edSignature)) return false
      if (publicKey.length === ED25519_KEY_BYTES) return true
      const context = message.subarray(0, domainBytes)
      return mlDsa.verify(publicKey.subarray(ED25519_KEY_BYTES), secondMessage(edKey, message.subarray(domainBytes)), signature.subarray(ED25519_SIGNATURE_BYTES), context)
    },
    get keys () { return ed25519.keys + mlDsa.keys }
  }
}

/** Do the sizes fit each other: 32 and 64 bytes, or 1,984 and 3,373? */
export function isFormed (publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (publicKey.length === ED25519_KEY_BYTES && signature.length === ED25519_SIGNATURE_BYTES) ||
    (publicKey.length === HYBRID_KEY_BYTES && signature.length === HYBRID_SIGNATURE_BYTES)
}

/** What the ML-DSA-65 half signs under the domain as its context: Ed25519 key ‖ body. So it cannot be moved beside another Ed25519 key. */
export function secondMessage (edKey: Uint8Array, body: Uint8Array): Uint8Array {
  return Buffer.concat([edKey, body])
}
