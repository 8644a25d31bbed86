import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, createSecretKey, diffieHellman, generateKeyPairSync, hash, hkdfSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { ICryptoInterface } from '@chainsafe/libp2p-noise'
import { Uint8ArrayList } from 'uint8arraylist'

type Bytes = Uint8Array | Uint8ArrayList

const CIPHER = 'chacha20-poly1305'
const TAG_BYTES = 16
const AEAD = { authTagLength: TAG_BYTES } as const
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex')

/** Up to here one copy is cheaper than one cipher call per piece; above, the copies' garbage costs more. */
const JOIN_MAX_BYTES = 16_384

/** Seal and open as noise calls them. */
export interface Aead {
  readonly seal: ICryptoInterface['chaCha20Poly1305Encrypt']
  readonly open: ICryptoInterface['chaCha20Poly1305Decrypt']
}

/** Another implementation for messages below a size, e.g. one without the fixed cost of a native call. */
export interface SmallAead extends Aead {
  readonly belowBytes: number
}

/**
 * The primitives of noise (Noise_XX_25519_ChaChaPoly_SHA256) on `node:crypto`, with every key imported once.
 *
 * Node imports a raw key on each call, which costs more than sealing a small message. The cipher state of noise keeps one
 * key array per direction for the life of a connection, so the imported key can hang on that array: the cache is weak,
 * lives as long as the connection, and needs no bound of its own.
 */
export function createNoiseCrypto (small?: SmallAead): ICryptoInterface {
  const native = createNativeAead()
  const below = small?.belowBytes ?? 0
  const privateKeys = new WeakMap<Uint8Array, KeyObject>()

  function privateKey (raw: Uint8Array): KeyObject {
    let key = privateKeys.get(raw)
    if (key === undefined) privateKeys.set(raw, key = createPrivateKey({ key: Buffer.concat([PKCS8_X25519, raw]), type: 'pkcs8', format: 'der' }))
    return key
  }

  return {
    hashSHA256: data => hash('sha256', joined(data), 'buffer'),

    getHKDF (chainingKey, input) {
      const okm = new Uint8Array(hkdfSync('sha256', input, chainingKey, '', 96))
      return [okm.subarray(0, 32), okm.subarray(32, 64), okm.subarray(64, 96)]
    },

    generateX25519KeyPair () {
      const pair = generateKeyPairSync('x25519')
      const raw = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(PKCS8_X25519.length)
      privateKeys.set(raw, pair.privateKey)
      return { publicKey: rawPublicKey(pair.publicKey), privateKey: raw }
    },

    generateX25519KeyPairFromSeed: seed => ({ publicKey: rawPublicKey(createPublicKey(privateKey(seed))), privateKey: seed }),

    generateX25519SharedKey (ours, theirs) {
      const publicKey = createPublicKey({ key: Buffer.concat([SPKI_X25519, joined(theirs)]), type: 'spki', format: 'der' })
      return diffieHellman({ privateKey: privateKey(joined(ours)), publicKey })
    },

    chaCha20Poly1305Encrypt (plaintext, nonce, ad, key) {
      const aead = small !== undefined && plaintext.byteLength < below ? small : native
      return aead.seal(plaintext, nonce, ad, key)
    },

    chaCha20Poly1305Decrypt (ciphertext, nonce, ad, key, output) {
      const aead = small !== undefined && ciphertext.byteLength < below ? small : native
      return aead.open(ciphertext, nonce, ad, key, output)
    }
  }
}

/** ChaCha20-Poly1305 with 16-byte tags on OpenSSL. `open` throws on a wrong tag and on input shorter than a tag. */
export function createNativeAead (): Aead {
  const keys = new WeakMap<Uint8Array, KeyObject>()

  function imported (raw: Uint8Array): KeyObject {
    let key = keys.get(raw)
    if (key === undefined) keys.set(raw, key = createSecretKey(raw))
    return key
  }

  return {
    seal (plaintext, nonce, ad, key) {
      const cipher = createCipheriv(CIPHER, imported(key), nonce, AEAD)
      if (ad.byteLength > 0) cipher.setAAD(ad, { plaintextLength: plaintext.byteLength })
      if (inPieces(plaintext)) {
        const output = new Uint8ArrayList()
        for (const piece of plaintext) output.append(cipher.update(piece))
        cipher.final()
        output.append(cipher.getAuthTag())
        return output
      }
      const body = cipher.update(joined(plaintext))
      cipher.final()
      const tag = cipher.getAuthTag()
      return plaintext.byteLength > JOIN_MAX_BYTES ? new Uint8ArrayList(body, tag) : Buffer.concat([body, tag], body.length + TAG_BYTES)
    },

    open (ciphertext, nonce, ad, key) {
      const end = ciphertext.byteLength - TAG_BYTES
      if (end < 0) throw new RangeError('ciphertext is shorter than its tag')
      const decipher = createDecipheriv(CIPHER, imported(key), nonce, AEAD)
      if (ad.byteLength > 0) decipher.setAAD(ad, { plaintextLength: end })
      if (inPieces(ciphertext)) {
        decipher.setAuthTag(ciphertext.subarray(end))
        const output = new Uint8ArrayList()
        for (const piece of ciphertext.sublist(0, end)) output.append(decipher.update(piece))
        decipher.final()
        return output
      }
      const bytes = joined(ciphertext)
      decipher.setAuthTag(bytes.subarray(end))
      const plaintext = decipher.update(bytes.subarray(0, end))
      decipher.final()
      return plaintext
    }
  }
}

function inPieces (bytes: Bytes): bytes is Uint8ArrayList {
  return bytes.byteLength > JOIN_MAX_BYTES && !(bytes instanceof Uint8Array)
}

/** The bytes in one piece: no copy when they are already. */
function joined (bytes: Bytes): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : bytes.subarray()
}

function rawPublicKey (key: KeyObject): Uint8Array {
  return key.export({ type: 'spki', format: 'der' }).subarray(SPKI_X25519.length)
}
