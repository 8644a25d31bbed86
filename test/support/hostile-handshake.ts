import { applicationKeys, handshakeKeys, hybridSecret } from '../../src/secure/key-schedule.ts'
import type { ApplicationKeys, DirectionKeys } from '../../src/secure/key-schedule.ts'
import type { SessionCrypto } from '../../src/secure/session-crypto.ts'
import { firstTranscript, signedBytes, transcriptHash } from '../../src/secure/transcript.ts'
import type { SessionParties } from '../../src/secure/transcript.ts'

const SHARE_BYTES = 32 + 1088
const ZERO_NONCE = new Uint8Array(12)

/** A sealed part whose Hello is any bytes at all, signed rightly. */
function seal (crypto: SessionCrypto, key: Uint8Array, role: 'dialler' | 'listener', transcript: Uint8Array, seed: Uint8Array, body: Uint8Array): Uint8Array {
  const plain = Buffer.concat([crypto.signer(seed)(signedBytes(role, transcript, body)), body])
  const sealed = new Uint8Array(plain.length + 16)
  sealed.set(plain)
  crypto.aead(key).seal(ZERO_NONCE, transcript, sealed, 0, plain.length)
  return sealed
}

/** M2 of a listener who knows all the rules and may break those of the Hello. */
export function hostileM2 (crypto: SessionCrypto, parties: SessionParties, seed: Uint8Array, body: Uint8Array, m1: Uint8Array): Uint8Array {
  const x25519 = crypto.x25519KeyPair()
  const { ciphertext, sharedSecret } = crypto.encapsulate(m1.subarray(32))
  const share = Buffer.concat([x25519.publicKey, ciphertext])
  const t1 = firstTranscript(crypto, parties, m1, share)
  const { s2c } = handshakeKeys(crypto, hybridSecret(sharedSecret, x25519.agree(m1.subarray(0, 32))), t1)
  return Buffer.concat([share, seal(crypto, s2c, 'listener', t1, seed, body)])
}

/** A dialler who knows all the rules and may break those of the Hello. */
export function hostileDialler (crypto: SessionCrypto, parties: SessionParties, seed: Uint8Array, body: Uint8Array): { readonly m1: Uint8Array, finish (m2: Uint8Array): { readonly m3: Uint8Array, readonly keys: ApplicationKeys, readonly handshake: DirectionKeys } } {
  const x25519 = crypto.x25519KeyPair()
  const kem = crypto.kemKeyPair()
  const m1 = Buffer.concat([x25519.publicKey, kem.publicKey])
  return {
    m1,
    finish (m2) {
      const share = m2.subarray(0, SHARE_BYTES)
      const t1 = firstTranscript(crypto, parties, m1, share)
      const secret = hybridSecret(kem.decapsulate(share.subarray(32)), x25519.agree(share.subarray(0, 32)))
      const handshake = handshakeKeys(crypto, secret, t1)
      const t2 = transcriptHash(crypto, [t1, m2])
      const m3 = seal(crypto, handshake.c2s, 'dialler', t2, seed, body)
      return { m3, handshake, keys: applicationKeys(crypto, secret, transcriptHash(crypto, [t2, m3])) }
    }
  }
}
