import { TosError } from '../errors/index.ts'
import { decode, encode } from '../wire/index.ts'
import { helloSchema } from './hello.ts'
import type { Hello } from './hello.ts'
import { applicationKeys, handshakeKeys, hybridSecret } from './key-schedule.ts'
import type { ApplicationKeys, DirectionKeys } from './key-schedule.ts'
import { KEM_CIPHERTEXT_BYTES, KEM_PUBLIC_BYTES, NONCE_BYTES, SIGNATURE_BYTES, TAG_BYTES, X25519_BYTES } from './session-crypto.ts'
import type { KemKeyPair, SessionCrypto, X25519KeyPair } from './session-crypto.ts'
import { firstTranscript, signedBytes, transcriptHash } from './transcript.ts'
import type { SessionParties } from './transcript.ts'

/** Payload sizes of the three messages, bytes. */
export const M1_BYTES = X25519_BYTES + KEM_PUBLIC_BYTES
const SHARE_BYTES = X25519_BYTES + KEM_CIPHERTEXT_BYTES
const SEALED_MIN = SIGNATURE_BYTES + helloSchema.minBytes + TAG_BYTES
const SEALED_MAX = SIGNATURE_BYTES + helloSchema.maxBytes + TAG_BYTES
export const M2_BYTES = { min: SHARE_BYTES + SEALED_MIN, max: SHARE_BYTES + SEALED_MAX } as const
export const M3_BYTES = { min: SEALED_MIN, max: SEALED_MAX } as const

/** Each handshake key seals exactly one message, so its nonce is fixed. */
const ZERO_NONCE = new Uint8Array(NONCE_BYTES)

/** Everything one side brings to an exchange. */
export interface HandshakeOptions {
  readonly crypto: SessionCrypto
  readonly parties: SessionParties
  /** What we say of ourselves. */
  readonly hello: Hello
  /** Signs with our identity key; 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array
  /** The other side's node id, as the connection proved it. */
  readonly remote: Uint8Array
  /** Makes the one-time secrets reproducible; tests only. */
  readonly seeds?: { readonly x25519?: Uint8Array, readonly kem?: Uint8Array, readonly encapsulation?: Uint8Array }
}

/** What a finished exchange leaves. */
export interface HandshakeResult {
  readonly hello: Hello
  readonly keys: ApplicationKeys
}

/**
 * The dialler's side of M1 → M2 → M3: a TLS-1.3-shaped exchange of one-time keys, signed with the identities (WIRE.md §6). Pure: bytes
 * in, bytes out. A side whose step threw is spent.
 */
export class DiallerHandshake {
  readonly m1: Uint8Array
  readonly #options: HandshakeOptions
  readonly #x25519: X25519KeyPair
  readonly #kem: KemKeyPair

  constructor (options: HandshakeOptions) {
    const { crypto, seeds } = options
    this.#options = options
    this.#x25519 = crypto.x25519KeyPair(seeds?.x25519)
    this.#kem = crypto.kemKeyPair(seeds?.kem)
    this.m1 = concat(this.#x25519.publicKey, this.#kem.publicKey)
  }

  /** Takes M2; returns M3 and the result. Throws `HANDSHAKE_FAILED`, `SEAL_BROKEN`, `SIGNATURE_INVALID` or a wire code. */
  finish (m2: Uint8Array): HandshakeResult & { readonly m3: Uint8Array } {
    const { crypto, parties, hello, sign, remote } = this.#options
    checkSize('M2', m2, M2_BYTES)
    const share = m2.subarray(0, SHARE_BYTES)
    const secret = hybridSecret(this.#kem.decapsulate(share.subarray(X25519_BYTES)), this.#x25519.agree(share.subarray(0, X25519_BYTES)))
    const t1 = firstTranscript(crypto, parties, this.m1, share)
    const keys = handshakeKeys(crypto, secret, t1)
    try {
      const theirs = openPart(crypto, keys.s2c, t1, m2.subarray(SHARE_BYTES), 'listener', remote)
      const t2 = transcriptHash(crypto, [t1, m2])
      const m3 = sealPart(crypto, keys.c2s, t2, 'dialler', sign, hello)
      const t3 = transcriptHash(crypto, [t2, m3])
      return { m3, hello: theirs, keys: applicationKeys(crypto, secret, t3) }
    } finally {
      wipe(secret, keys)
    }
  }
}

/** The listener's side. */
export class ListenerHandshake {
  readonly m2: Uint8Array
  readonly #options: HandshakeOptions
  readonly #secret: Uint8Array
  readonly #keys: DirectionKeys
  readonly #t2: Uint8Array

  /** Takes M1 and makes M2. Throws `HANDSHAKE_FAILED`. */
  constructor (options: HandshakeOptions, m1: Uint8Array) {
    const { crypto, parties, hello, sign, seeds } = options
    checkSize('M1', m1, { min: M1_BYTES, max: M1_BYTES })
    const x25519 = crypto.x25519KeyPair(seeds?.x25519)
    const agreed = x25519.agree(m1.subarray(0, X25519_BYTES))
    const { ciphertext, sharedSecret } = crypto.encapsulate(m1.subarray(X25519_BYTES), seeds?.encapsulation)
    const share = concat(x25519.publicKey, ciphertext)
    const t1 = firstTranscript(crypto, parties, m1, share)
    this.#options = options
    this.#secret = hybridSecret(sharedSecret, agreed)
    this.#keys = handshakeKeys(crypto, this.#secret, t1)
    this.m2 = concat(share, sealPart(crypto, this.#keys.s2c, t1, 'listener', sign, hello))
    this.#t2 = transcriptHash(crypto, [t1, this.m2])
  }

  /** Takes M3. Throws `HANDSHAKE_FAILED`, `SEAL_BROKEN`, `SIGNATURE_INVALID` or a wire code. */
  finish (m3: Uint8Array): HandshakeResult {
    const { crypto, remote } = this.#options
    try {
      checkSize('M3', m3, M3_BYTES)
      const theirs = openPart(crypto, this.#keys.c2s, this.#t2, m3, 'dialler', remote)
      const t3 = transcriptHash(crypto, [this.#t2, m3])
      return { hello: theirs, keys: applicationKeys(crypto, this.#secret, t3) }
    } finally {
      this.erase()
    }
  }

  /** Wipes the secrets of an exchange that ends here. */
  erase (): void {
    wipe(this.#secret, this.#keys)
  }
}

/** sealed{ signature ‖ Hello }. */
function sealPart (crypto: SessionCrypto, key: Uint8Array, transcript: Uint8Array, role: 'dialler' | 'listener', sign: HandshakeOptions['sign'], hello: Hello): Uint8Array {
  const body = encode(helloSchema, hello)
  const plain = concat(sign(signedBytes(role, transcript, body)), body)
  const sealed = new Uint8Array(plain.length + TAG_BYTES)
  sealed.set(plain)
  crypto.aead(key).seal(ZERO_NONCE, transcript, sealed, 0, plain.length)
  return sealed
}

function openPart (crypto: SessionCrypto, key: Uint8Array, transcript: Uint8Array, sealed: Uint8Array, role: 'dialler' | 'listener', signer: Uint8Array): Hello {
  const plain = crypto.aead(key).open(ZERO_NONCE, transcript, sealed)
  const body = plain.subarray(SIGNATURE_BYTES)
  if (!crypto.verify(signer, signedBytes(role, transcript, body), plain.subarray(0, SIGNATURE_BYTES))) {
    throw new TosError('SIGNATURE_INVALID', `the ${role} of the handshake is not who the connection says`)
  }
  return decode(helloSchema, body)
}

function checkSize (name: string, message: Uint8Array, { min, max }: { readonly min: number, readonly max: number }): void {
  if (message.length >= min && message.length <= max) return
  throw new TosError('HANDSHAKE_FAILED', `${name} has ${message.length} bytes, not ${min === max ? min : `${min}..${max}`}`, { details: { size: message.length, min, max } })
}

function wipe (secret: Uint8Array, keys: DirectionKeys): void {
  secret.fill(0)
  keys.c2s.fill(0)
  keys.s2c.fill(0)
}

function concat (a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
