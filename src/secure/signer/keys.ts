import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { TosError } from '../../errors/index.ts'

/** Sizes in bytes. A hybrid key or signature is the Ed25519 one followed by the ML-DSA-65 one (FIPS 204 §4, table 2). */
export const ED25519_KEY_BYTES = 32
export const ED25519_SIGNATURE_BYTES = 64
export const ML_DSA_KEY_BYTES = 1952
export const ML_DSA_SIGNATURE_BYTES = 3309
export const HYBRID_KEY_BYTES = ED25519_KEY_BYTES + ML_DSA_KEY_BYTES
export const HYBRID_SIGNATURE_BYTES = ED25519_SIGNATURE_BYTES + ML_DSA_SIGNATURE_BYTES

/** A signature algorithm, named as `KeyObject.asymmetricKeyType` names it. */
export type SignatureAlgorithm = 'ed25519' | 'ml-dsa-65'

/** Raw public keys, bytes. */
export const RAW_KEY_BYTES: Readonly<Record<SignatureAlgorithm, number>> = { ed25519: ED25519_KEY_BYTES, 'ml-dsa-65': ML_DSA_KEY_BYTES }

// DER up to the raw key: RFC 8410 §7 for Ed25519, RFC 9881 §6 (private key as seed) and §4 for ML-DSA-65
const PRIVATE_PREFIX = {
  ed25519: Buffer.from('302e020100300506032b657004220420', 'hex'),
  'ml-dsa-65': Buffer.from('3034020100300b060960864801650304031204228020', 'hex')
}
const PUBLIC_PREFIX = {
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  'ml-dsa-65': Buffer.from('308207b2300b0609608648016503040312038207a100', 'hex')
}

/** A private key from its 32-byte seed (RFC 8032 §5.1.5, FIPS 204 §3.6.3), or a ready `KeyObject` checked for its kind. Throws `INVALID_VALUE`. */
export function importPrivateKey (algorithm: SignatureAlgorithm, secret: Uint8Array | KeyObject): KeyObject {
  if (secret instanceof Uint8Array) {
    if (secret.length !== 32) throw new TosError('INVALID_VALUE', `an ${algorithm} seed has 32 bytes, not ${secret.length}`)
    const der = Buffer.concat([PRIVATE_PREFIX[algorithm], secret])
    try {
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    } finally {
      der.fill(0)
    }
  }
  if (secret.type !== 'private' || secret.asymmetricKeyType !== algorithm) throw new TosError('INVALID_VALUE', `the signer needs an ${algorithm} private key`)
  return secret
}

/** A public key from its raw bytes, whose number the caller has checked. */
export function importPublicKey (algorithm: SignatureAlgorithm, raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX[algorithm], raw]), format: 'der', type: 'spki' })
}

/** The raw public key that belongs to a private one. */
export function rawPublicKey (algorithm: SignatureAlgorithm, privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_PREFIX[algorithm].length)
}
