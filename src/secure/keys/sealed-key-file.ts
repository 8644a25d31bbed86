import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto'
import { TosError } from '../../errors/index.ts'
import { bytes, decode, encode, struct, u8 } from '../../wire/index.ts'
import type { Infer } from '../../wire/index.ts'
import { publicKeyOf } from './ed25519.ts'
import { costProblem, DEFAULT_COST, deriveKey } from './scrypt-cost.ts'
import type { ScryptCost } from './scrypt-cost.ts'

/** A private key in the libp2p form begins 08 01, so the two kinds of file cannot be mistaken for each other. */
const MAGIC = Buffer.from('TOS-KEY', 'latin1')
const VERSION = 1
const SEED_BYTES = 32
const TAG_BYTES = 16
const CHECK_BYTES = 8

const header = struct({ magic: bytes(MAGIC.length), version: u8, log2N: u8, r: u8, p: u8, salt: bytes(32), publicKey: bytes(32) })
/** Header (75), encrypted seed (32), Poly1305 tag (16), first bytes of the SHA-256 of all before (8). */
const sealedKey = struct({ header, box: bytes(SEED_BYTES + TAG_BYTES), check: bytes(CHECK_BYTES) })

/** The key comes from a fresh salt and seals this one message, so that a constant nonce is never used twice. */
const NONCE = new Uint8Array(12)

/** Length of every sealed key file. */
export const SEALED_KEY_BYTES: number = sealedKey.maxBytes

/** Whether a file claims to be a sealed key. */
export function isSealedKey (file: Uint8Array): boolean {
  return MAGIC.equals(file.subarray(0, MAGIC.length))
}

/** How a seed is sealed. Tests choose a low cost and a known salt; nothing else should. */
export interface SealOptions {
  readonly cost?: ScryptCost
  /** 32 bytes. */
  readonly salt?: Uint8Array
}

/**
 * Encrypts a 32-byte seed under a passphrase: scrypt (RFC 7914), then ChaCha20-Poly1305 (RFC 8439) with the header as associated data.
 * The public key stands in the header, readable without the passphrase. Throws `INVALID_VALUE` for a passphrase that cannot be.
 */
export async function sealKey (seed: Uint8Array, passphrase: string, { cost = DEFAULT_COST, salt = randomBytes(32) }: SealOptions = {}): Promise<Uint8Array> {
  const facts = { magic: MAGIC, version: VERSION, ...cost, salt, publicKey: publicKeyOf(seed) }
  const key = await deriveKey(passphrase, salt, cost)
  const cipher = createCipheriv('chacha20-poly1305', key, NONCE, { authTagLength: TAG_BYTES })
  key.fill(0)
  cipher.setAAD(encode(header, facts), { plaintextLength: seed.length })
  const box = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()])
  return encode(sealedKey, { header: facts, box, check: checksum(facts, box) })
}

/**
 * Decrypts a file of `sealKey`. Throws `KEY_UNREADABLE` when the bytes are damaged, and `KEY_LOCKED` when they do not authenticate: then
 * the passphrase is wrong or somebody altered the file, and which of the two cannot be told.
 */
export async function openSealedKey (file: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const { header: facts, box } = parse(file)
  const key = await deriveKey(passphrase, facts.salt, facts)
  const decipher = createDecipheriv('chacha20-poly1305', key, NONCE, { authTagLength: TAG_BYTES })
  key.fill(0)
  decipher.setAAD(encode(header, facts), { plaintextLength: SEED_BYTES })
  decipher.setAuthTag(box.subarray(SEED_BYTES))
  const seed = decipher.update(box.subarray(0, SEED_BYTES))
  try {
    decipher.final()
  } catch {
    seed.fill(0)
    throw new TosError('KEY_LOCKED', 'the passphrase does not open the key', { hint: 'the passphrase is wrong, or the file was altered' })
  }
  return seed
}

/**
 * The public key that stands in a sealed file, 32 bytes, without its passphrase. Only opening the file proves it. Throws `KEY_UNREADABLE`.
 */
export function sealedPublicKey (file: Uint8Array): Uint8Array {
  return parse(file).header.publicKey
}

function parse (file: Uint8Array): Infer<typeof sealedKey> {
  if (!isSealedKey(file)) throw damaged('it does not begin as a sealed key does')
  const version = file[MAGIC.length]
  if (version !== undefined && version > VERSION) throw damaged(`it has version ${version}, this tosd knows ${VERSION}`)
  if (version !== VERSION || file.length !== SEALED_KEY_BYTES) throw damaged(`it has ${file.length} bytes, not ${SEALED_KEY_BYTES}`)
  const sealed = decode(sealedKey, file)
  // whoever alters the file can mend this sum, and then fails at the tag; it is there to tell a bad disk from a bad passphrase
  if (!checksum(sealed.header, sealed.box).equals(sealed.check)) throw damaged('its checksum does not fit')
  const problem = costProblem(sealed.header)
  if (problem !== undefined) throw damaged(problem)
  return sealed
}

function checksum (facts: Infer<typeof header>, box: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([encode(header, facts), box]), 'buffer').subarray(0, CHECK_BYTES)
}

function damaged (why: string): TosError {
  return new TosError('KEY_UNREADABLE', `the encrypted key is damaged: ${why}`, { hint: 'restore the file from a copy, or the key from its 24 words' })
}
