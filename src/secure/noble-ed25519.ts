import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, concatBytes } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { KEY_BYTES, requireSize } from './crypto-limits.ts'
import { SIGNATURE_BYTES } from './session-crypto.ts'
import type { SessionCrypto } from './session-crypto.ts'

const { Point } = ed25519
const L = Point.Fn.ORDER

/**
 * Ed25519 on noble. Its own verify multiplies by the cofactor, even with `zip215: false`, and takes an R of small order: signatures that
 * OpenSSL refuses. So the equation stands here (RFC 8032 §5.1.7, the stricter one): [S]B - [k]A = R, on strictly decoded points.
 */
export function createNobleEd25519 (): Pick<SessionCrypto, 'verify' | 'signer'> {
  return {
    verify (publicKey, message, signature) {
      if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
      const r = signature.subarray(0, KEY_BYTES)
      const s = bytesToNumberLE(signature.subarray(KEY_BYTES))
      if (s >= L) return false
      const A = strictPoint(publicKey)
      const R = strictPoint(r)
      if (A === undefined || R === undefined) return false
      const k = Point.Fn.create(bytesToNumberLE(sha512(concatBytes(r, publicKey, message))))
      return Point.BASE.multiplyUnsafe(s).subtract(A.multiplyUnsafe(k)).equals(R)
    },

    signer (seed) {
      requireSize('INVALID_VALUE', 'the Ed25519 seed', seed, KEY_BYTES)
      // not slice(): a Buffer's shares its memory, and the caller wipes it
      const own = Uint8Array.from(seed)
      return message => ed25519.sign(message, own)
    }
  }
}

/** The point, or nothing when it is not on the curve, not canonical (`zip215` false) or of small order. */
function strictPoint (bytes: Uint8Array): InstanceType<typeof Point> | undefined {
  try {
    const point = Point.fromBytes(bytes, false)
    return point.isSmallOrder() ? undefined : point
  } catch {
    // noble says "no such point" by throwing; a signature that names one is merely false
    return undefined
  }
}
