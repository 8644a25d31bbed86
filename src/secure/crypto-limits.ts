import { TosError } from '../errors/index.ts'
import type { TosErrorCode } from '../errors/index.ts'
import { NONCE_BYTES, TAG_BYTES } from './session-crypto.ts'

/** Sizes in bytes that only the implementations need. */
export const KEY_BYTES = 32
export const KEM_SEED_BYTES = 64

/** 255 blocks of SHA-256 (RFC 5869 §2.3). */
const HKDF_MAX_BYTES = 8160
/** What OpenSSL takes; noble takes any, and both must refuse the same. */
const HKDF_MAX_INFO = 1024

/** Throws `code` unless `bytes` has exactly `size` bytes. The peer's input: `HANDSHAKE_FAILED`; our own: `INVALID_VALUE`. */
export function requireSize (code: TosErrorCode, what: string, bytes: Uint8Array, size: number): void {
  if (bytes.length !== size) throw new TosError(code, `${what} has ${bytes.length} bytes, not ${size}`, { details: { size: bytes.length, expected: size } })
}

/** Throws `INVALID_VALUE` unless nonce and range fit `SessionAead.seal`. */
export function requireSealRange (nonce: Uint8Array, bytes: Uint8Array, start: number, length: number): void {
  requireSize('INVALID_VALUE', 'the nonce', nonce, NONCE_BYTES)
  // one comparison per fault, and NaN fails each of them
  if (!(start >= 0 && length >= 0 && start + length + TAG_BYTES <= bytes.length)) {
    throw new TosError('INVALID_VALUE', 'no room for the sealed bytes and their tag', { details: { start, length, size: bytes.length } })
  }
}

/** Throws unless nonce and sealed bytes fit `SessionAead.open`. */
export function requireSealed (nonce: Uint8Array, sealed: Uint8Array): void {
  requireSize('INVALID_VALUE', 'the nonce', nonce, NONCE_BYTES)
  if (sealed.length < TAG_BYTES) throw new TosError('SEAL_BROKEN', 'the sealed bytes are shorter than a tag', { details: { size: sealed.length } })
}

/** Throws `INVALID_VALUE` unless the sizes fit `SessionCrypto.hkdf`. Returns `info` as bytes. */
export function requireHkdfSizes (info: string | Uint8Array, length: number): Uint8Array {
  const bytes = typeof info === 'string' ? new TextEncoder().encode(info) : info
  if (bytes.length > HKDF_MAX_INFO || !Number.isInteger(length) || length < 1 || length > HKDF_MAX_BYTES) {
    throw new TosError('INVALID_VALUE', 'HKDF takes up to 1,024 bytes of info and gives 1 to 8,160 bytes', { details: { info: bytes.length, length } })
  }
  return bytes
}

/** Every failure inside a seal looks alike: which byte was wrong is nobody's business. */
export function sealBroken (cause: unknown): TosError {
  return new TosError('SEAL_BROKEN', 'the tag does not fit key, nonce, associated data and ciphertext', { cause })
}

/** The all-zero secret (RFC 7748 §6.1): the same words whichever implementation found it. */
export function zeroSecret (cause: unknown): TosError {
  return new TosError('HANDSHAKE_FAILED', 'the X25519 key of the peer gives an all-zero secret', { cause })
}

/** A key that fails the modulus check: some coefficient is not below q = 3329 (FIPS 203 §7.2). */
export function misencodedKem (cause: unknown): TosError {
  return new TosError('HANDSHAKE_FAILED', 'the ML-KEM key of the peer is not reduced modulo q', { cause })
}
