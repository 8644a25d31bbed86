import type { SessionCrypto } from './session-crypto.ts'

const KEY_BYTES = 32

/** One key per direction: what one side sends can never be played back to it. */
export interface DirectionKeys {
  /** Dialler to listener, 32 bytes. */
  readonly c2s: Uint8Array
  /** Listener to dialler, 32 bytes. */
  readonly s2c: Uint8Array
}

/** What an epoch runs on. */
export interface ApplicationKeys extends DirectionKeys {
  /** Secret for whoever wants keys bound to this session, 32 bytes; see `exportKey`. */
  readonly exporter: Uint8Array
}

/**
 * The secret of X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem): ML-KEM shared secret, then X25519 shared secret. It stays unknown as long
 * as one of the two problems is hard.
 */
export function hybridSecret (kem: Uint8Array, x25519: Uint8Array): Uint8Array {
  const secret = new Uint8Array(kem.length + x25519.length)
  secret.set(kem)
  secret.set(x25519, kem.length)
  return secret
}

/** Keys of the sealed parts of M2 and M3, from the first transcript. */
export function handshakeKeys (crypto: SessionCrypto, secret: Uint8Array, t1: Uint8Array): DirectionKeys {
  return { c2s: crypto.hkdf(secret, t1, 'tos hs c2s', KEY_BYTES), s2c: crypto.hkdf(secret, t1, 'tos hs s2c', KEY_BYTES) }
}

/** Keys of the frames, from the whole transcript. */
export function applicationKeys (crypto: SessionCrypto, secret: Uint8Array, t3: Uint8Array): ApplicationKeys {
  return {
    c2s: crypto.hkdf(secret, t3, 'tos c2s', KEY_BYTES),
    s2c: crypto.hkdf(secret, t3, 'tos s2c', KEY_BYTES),
    exporter: crypto.hkdf(secret, t3, 'tos exporter', KEY_BYTES)
  }
}

/**
 * A key of `length` bytes for `label`, bound to this session and epoch: both ends get the same, nobody else does (in the manner of RFC 8446 §7.5).
 * Other labels and other contexts give unrelated keys.
 */
export function exportKey (crypto: SessionCrypto, exporter: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  return crypto.hkdf(exporter, crypto.sha3(context), `tos exporter ${label}`, length)
}
