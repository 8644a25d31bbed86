import { createSecretKey, hash, hkdfSync } from 'node:crypto'
import { requireHkdfSizes } from './crypto-limits.ts'
import { createNodeAead } from './node-aead.ts'
import { createNodeEd25519 } from './node-ed25519.ts'
import { createNodeExchange } from './node-exchange.ts'
import type { SessionCrypto } from './session-crypto.ts'

/** The primitives of a session on `node:crypto` (OpenSSL 3.5, Node ≥24.15), every key imported once. */
export function createNodeCrypto (): SessionCrypto {
  return {
    name: 'node',
    ...createNodeExchange(),
    ...createNodeEd25519(),
    aead: createNodeAead,

    // through a latin1 ("binary") string: cheaper than asking for a Buffer at the sizes of a transcript
    sha3: bytes => Buffer.from(hash('sha3-256', bytes, 'binary'), 'latin1'),

    hkdf (secret, salt, info, length) {
      const bytes = requireHkdfSizes(info, length)
      // a raw secret costs 24 µs more than one wrapped on the spot
      return new Uint8Array(hkdfSync('sha256', createSecretKey(secret), salt, bytes, length))
    }
  }
}
