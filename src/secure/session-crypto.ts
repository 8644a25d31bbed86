/** A one-time X25519 key pair. Lives for one handshake. */
export interface X25519KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /**
   * The shared secret with another's public key, 32 bytes (RFC 7748 §6.1). Non-canonical encodings are reduced, as RFC 7748 §5 asks.
   * Throws `HANDSHAKE_FAILED` when `theirs` is not 32 bytes, or when the result is all zero, which small-order points cause.
   */
  agree (theirs: Uint8Array): Uint8Array
}

/** A one-time ML-KEM-768 key pair (FIPS 203). */
export interface KemKeyPair {
  /** Encapsulation key, 1,184 bytes. */
  readonly publicKey: Uint8Array
  /**
   * The shared secret inside a ciphertext of 1,088 bytes, 32 bytes. A forged ciphertext gives another secret, not an error
   * (implicit rejection, FIPS 203 §6.3). Throws `HANDSHAKE_FAILED` when the ciphertext has another size.
   */
  decapsulate (ciphertext: Uint8Array): Uint8Array
}

/** What encapsulation gives. */
export interface Encapsulated {
  /** 1,088 bytes, for the other side. */
  readonly ciphertext: Uint8Array
  /** 32 bytes. */
  readonly sharedSecret: Uint8Array
}

/** ChaCha20-Poly1305 (RFC 8439) under one key, which is imported once. */
export interface SessionAead {
  /**
   * Seals `bytes[start, start + length)` in place and writes the tag, 16 bytes, right behind it.
   * Throws `INVALID_VALUE` when `nonce` is not 12 bytes or the caller has not reserved room for the tag.
   */
  seal (nonce: Uint8Array, associated: Uint8Array, bytes: Uint8Array, start: number, length: number): void
  /**
   * The plaintext of `sealed` (ciphertext and tag) as bytes of its own.
   * Throws `SEAL_BROKEN` when the tag does not fit or there is none, `INVALID_VALUE` when `nonce` is not 12 bytes.
   */
  open (nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array
}

/**
 * Every primitive a session rests on, and nothing else. `createNodeCrypto` runs on OpenSSL, `createNobleCrypto` on audited JavaScript
 * (browsers; and the independent oracle of the tests). Both accept and refuse exactly the same inputs with the same codes.
 *
 * Seeds make a key pair reproducible: tests only. A seed or key of our own of another size throws `INVALID_VALUE`; every array
 * given may be wiped or reused after the call.
 */
export interface SessionCrypto {
  /** For logs and `peers ls -v`: `node` or `noble`. */
  readonly name: string
  /** `seed`: the 32-byte private key. */
  x25519KeyPair (seed?: Uint8Array): X25519KeyPair
  /** `seed`: `d ‖ z`, 64 bytes (FIPS 203 §7.1). */
  kemKeyPair (seed?: Uint8Array): KemKeyPair
  /**
   * Encapsulates against a key of 1,184 bytes. `seed`: the message `m`, 32 bytes; OpenSSL takes none and then throws `INVALID_VALUE`.
   * Throws `HANDSHAKE_FAILED` when the key has another size or fails the modulus check (FIPS 203 §7.2).
   */
  encapsulate (publicKey: Uint8Array, seed?: Uint8Array): Encapsulated
  /** SHA3-256 (FIPS 202), 32 bytes. */
  sha3 (bytes: Uint8Array): Uint8Array
  /**
   * HKDF-SHA256 (RFC 5869). `info`: text as UTF-8, or bytes, at most 1,024; `length`: 1 to 8,160 bytes.
   * Throws `INVALID_VALUE` beyond these limits.
   */
  hkdf (secret: Uint8Array, salt: Uint8Array, info: string | Uint8Array, length: number): Uint8Array
  /** `key`: 32 bytes. */
  aead (key: Uint8Array): SessionAead
  /**
   * Strict Ed25519 verification: RFC 8032 §5.1.7 without the cofactor; the key and R must be canonical and not of small order, S < L.
   * Input that cannot be right, a wrong size included, is false, never an error.
   */
  verify (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** Ed25519 signer for a 32-byte seed. */
  signer (seed: Uint8Array): (message: Uint8Array) => Uint8Array
}

/** Sizes in bytes. */
export const X25519_BYTES = 32
export const KEM_PUBLIC_BYTES = 1184
export const KEM_CIPHERTEXT_BYTES = 1088
export const SIGNATURE_BYTES = 64
export const NONCE_BYTES = 12
export const TAG_BYTES = 16
