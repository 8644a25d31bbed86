import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Ed25519PrivateKey, Ed25519PublicKey } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'

/**
 * The same Ed25519 key, with its native form imported once: libp2p imports a JWK on every signature. Identify, noise and
 * peer records all sign through `privateKey.sign`, so handing this to `createLibp2p({ privateKey })` serves them all.
 * Signatures are byte-identical (RFC 8032 is deterministic).
 */
export function cachedSigner (key: Ed25519PrivateKey): Ed25519PrivateKey {
  const d = base64url(key.raw.subarray(0, 32))
  const native = createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', d, x: base64url(key.publicKey.raw) } })
  return derive(key, {
    publicKey: cachedVerifier(key.publicKey),
    sign: (data: Uint8Array | Uint8ArrayList) => sign(null, joined(data), native)
  })
}

/**
 * The same Ed25519 public key, with its native form imported at the first verification. Worth it only for keys that verify
 * often (voters, our own); noise decodes each peer's key anew and offers no hook, so handshakes keep the library's path.
 */
export function cachedVerifier (key: Ed25519PublicKey): Ed25519PublicKey {
  let native: KeyObject | undefined
  return derive(key, {
    verify (data: Uint8Array | Uint8ArrayList, signature: Uint8Array) {
      native ??= createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: base64url(key.raw) } })
      return verify(null, joined(data), native, signature)
    }
  })
}

/** A copy of `base` of the same class with some members replaced; libp2p tells keys apart by class and `type`. */
function derive<T extends object> (base: T, members: Partial<T>): T {
  return Object.assign(Object.create(Object.getPrototypeOf(base) as object) as T, base, members)
}

function base64url (bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

function joined (data: Uint8Array | Uint8ArrayList): Uint8Array {
  return data instanceof Uint8Array ? data : data.subarray()
}
