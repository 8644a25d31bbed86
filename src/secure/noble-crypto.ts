import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { sha3_256 as sha3 } from '@noble/hashes/sha3.js'
import { requireHkdfSizes } from './crypto-limits.ts'
import { createNobleAead } from './noble-aead.ts'
import { createNobleEd25519 } from './noble-ed25519.ts'
import { createNobleExchange } from './noble-exchange.ts'
import type { SessionCrypto } from './session-crypto.ts'

/** The primitives of a session in JavaScript alone: for browsers, and the tests' independent oracle. Imports nothing of Node. */
export function createNobleCrypto (): SessionCrypto {
  return {
    name: 'noble',
    ...createNobleExchange(),
    ...createNobleEd25519(),
    aead: createNobleAead,
    sha3: bytes => sha3(bytes),
    hkdf: (secret, salt, info, length) => hkdf(sha256, secret, salt, requireHkdfSizes(info, length), length)
  }
}
