import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** DER before the 32 bytes of an Ed25519 seed (RFC 8410 §7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Raw public key, 32 bytes, of a 32-byte seed. */
export function publicKeyOf (seed: Uint8Array): Uint8Array {
  const { x } = createPublicKey(privateKey(seed)).export({ format: 'jwk' })
  return Buffer.from(x as string, 'base64url')
}

/** Ed25519 signature, 64 bytes (RFC 8032). */
export function signBytes (seed: Uint8Array, message: Uint8Array): Uint8Array {
  return sign(null, message, privateKey(seed))
}

/** Whether the signature fits; false too when the key is no point of the curve. */
export function isSignedBy (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') } })
  return verify(null, message, key, signature)
}

function privateKey (seed: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8, seed])
  try {
    return createPrivateKey({ format: 'der', type: 'pkcs8', key: der })
  } finally {
    der.fill(0)
  }
}
