import { createDecipheriv, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { TosError } from '../errors/index.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
// DER up to the raw key (RFC 8410)
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex')

/**
 * Reads a record of the SecureChannel as the specification writes it: nonce[12] ‖ ChaCha20-Poly1305 ciphertext ‖ tag[16], no associated data.
 * For looking at what a peer written from the specification sent; nothing in the node calls this unless asked for, and there is no encoder.
 *
 * UNSAFE, which is why sessions are built otherwise: the key is the raw X25519 result of two static keys, so it never changes and
 * a leaked key opens every recorded talk; both directions share it, so a record can be reflected; nonces are random and records neither
 * numbered nor bound to a header, so they can be replayed, reordered and dropped; and nothing says who the peer is.
 *
 * `sharedSecret` has 32 bytes. Returns the plaintext. Throws `INVALID_VALUE` for another key size, `TRUNCATED` for a record below 28 bytes,
 * `SEAL_BROKEN` for a forged or damaged one.
 */
export function decodeSpecRecord (sharedSecret: Uint8Array, record: Uint8Array): Uint8Array {
  requireKey(sharedSecret, 'shared secret')
  if (record.length < NONCE_BYTES + TAG_BYTES) throw new TosError('TRUNCATED', `a record has at least ${NONCE_BYTES + TAG_BYTES} bytes, not ${record.length}`)
  const decipher = createDecipheriv('chacha20-poly1305', sharedSecret, record.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(record.subarray(record.length - TAG_BYTES))
  const plaintext = decipher.update(record.subarray(NONCE_BYTES, record.length - TAG_BYTES))
  try {
    decipher.final()
  } catch (cause) {
    throw new TosError('SEAL_BROKEN', 'the record failed authentication', { cause, hint: 'the key is another one, or the record was changed' })
  }
  return plaintext
}

/**
 * The key of such a channel: the raw X25519 result (RFC 7748 §6.1), 32 bytes. The specification hashes nothing, which is one of its faults.
 * Throws `INVALID_VALUE` for keys that do not have 32 bytes, `HANDSHAKE_FAILED` for a public key whose result would be all zero.
 */
export function specSharedSecret (privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  requireKey(privateKey, 'private key')
  requireKey(publicKey, 'public key')
  const ours = createPrivateKey({ key: Buffer.concat([PKCS8_X25519, privateKey]), format: 'der', type: 'pkcs8' })
  const theirs = createPublicKey({ key: Buffer.concat([SPKI_X25519, publicKey]), format: 'der', type: 'spki' })
  try {
    return diffieHellman({ privateKey: ours, publicKey: theirs })
  } catch (cause) {
    throw new TosError('HANDSHAKE_FAILED', 'the public key is a point of small order', { cause })
  }
}

function requireKey (key: Uint8Array, name: string): void {
  if (key.length !== KEY_BYTES) throw new TosError('INVALID_VALUE', `the ${name} has ${KEY_BYTES} bytes, not ${key.length}`)
}
