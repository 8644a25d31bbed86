import { existsSync, linkSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { generateKeyPair, generateKeyPairFromSeed, privateKeyFromProtobuf, privateKeyToProtobuf, publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { TosError } from '../errors/index.ts'
import { isSealedKey, openSealedKey, sealedPublicKey, sealKey, seedToWords, wordsToSeed } from '../secure/keys/index.ts'
import { fromHex, toHex } from '../wire/index.ts'
import { removeFile, syncDirectory, writeDurably } from './durable-file.ts'
import { makeDir } from './make-dir.ts'

/** The two names of an identity. */
export interface IdentityNames {
  readonly peerId: string
  /** Hex of the raw public key. */
  readonly nodeId: string
}

/** What a key file tells without its passphrase. */
export interface KeyFileFacts {
  readonly encrypted: boolean
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array
}

/** Gives the passphrase of a key file when one is needed; `undefined`: there is none. */
export type PassphraseSource = () => string | undefined | Promise<string | undefined>

/** What a secret is written as. */
export type SecretForm = 'seed' | 'protobuf' | 'words'

const nobody: PassphraseSource = () => undefined
const SEED_BYTES = 32
/** Most bytes a key file has. */
const MAX_FILE = 4096

/**
 * Reads a key file (mode 0600; plain in libp2p's protobuf form, or encrypted). Throws `KEY_UNREADABLE`, and `KEY_LOCKED` when it is
 * encrypted and the passphrase is missing or wrong.
 */
export async function loadIdentity (path: string, passphraseOf: PassphraseSource = nobody): Promise<Ed25519PrivateKey> {
  const bytes = readKeyFile(path)
  if (!isSealedKey(bytes)) return parseIdentity(bytes, `the key file ${path}`)
  const passphrase = await passphraseOf()
  if (passphrase === undefined) throw new TosError('KEY_LOCKED', `the key file ${path} is encrypted`, { details: { path } })
  const seed = await named(path, () => openSealedKey(bytes, passphrase))
  return await generateKeyPairFromSeed('Ed25519', seed)
}

/** Public key of a key file, and whether it is encrypted; needs no passphrase. Throws `KEY_UNREADABLE`. */
export async function inspectKeyFile (path: string): Promise<KeyFileFacts> {
  const bytes = readKeyFile(path)
  if (!isSealedKey(bytes)) return { encrypted: false, publicKey: parseIdentity(bytes, `the key file ${path}`).publicKey.raw }
  return { encrypted: true, publicKey: await named(path, async () => sealedPublicKey(bytes)) }
}

/** Makes a key and writes it, encrypted when there is a passphrase. Throws `KEY_EXISTS`. */
export async function createIdentity (path: string, passphrase?: string): Promise<Ed25519PrivateKey> {
  const key = await generateKeyPair('Ed25519')
  await saveIdentity(path, key, passphrase)
  return key
}

/** The key at `path`, made on first use; a passphrase that is there then encrypts it. */
export async function loadOrCreateIdentity (path: string, passphraseOf: PassphraseSource = nobody): Promise<Ed25519PrivateKey> {
  return existsSync(path) ? await loadIdentity(path, passphraseOf) : await createIdentity(path, await passphraseOf())
}

/** Writes a key file, mode 0600, on disk when this returns. Never overwrites: throws `KEY_EXISTS`, else `KEY_UNREADABLE`. */
export async function saveIdentity (path: string, key: Ed25519PrivateKey, passphrase?: string): Promise<void> {
  // link() refuses an existing name in the same step that creates it
  await writeKeyFile(path, key, passphrase, draft => linkSync(draft, path))
}

/** Puts the same key into its file anew, encrypted or not: the old file or the new one is there at any time. Throws `KEY_UNREADABLE`. */
export async function rewriteIdentity (path: string, key: Ed25519PrivateKey, passphrase: string | undefined): Promise<void> {
  await writeKeyFile(path, key, passphrase, draft => renameSync(draft, path))
}

/** A key out of text: 24 words, or hex of the 32-byte seed or of the libp2p protobuf form. Throws `KEY_UNREADABLE`. */
export async function identityFromText (text: string): Promise<Ed25519PrivateKey> {
  const trimmed = text.trim()
  if (/\s/.test(trimmed)) return await generateKeyPairFromSeed('Ed25519', wordsToSeed(trimmed))
  // the refusal must not repeat the text, which may be most of a secret
  if (!/^(?:[0-9a-f]{2})+$/i.test(trimmed)) throw new TosError('KEY_UNREADABLE', 'the key is not hexadecimal', { hint: 'give 64 hex digits (the seed), the protobuf form in hex, or 24 words' })
  const bytes = fromHex(trimmed)
  return bytes.length === SEED_BYTES ? await generateKeyPairFromSeed('Ed25519', bytes) : parseIdentity(bytes, 'the given key')
}

/** The secret as text: hex of the 32-byte seed or of the libp2p protobuf form, or the seed as 24 words. */
export function identityToText (key: Ed25519PrivateKey, form: SecretForm): string {
  if (form === 'words') return seedToWords(seedOf(key))
  return toHex(form === 'seed' ? seedOf(key) : privateKeyToProtobuf(key))
}

/** The 32 bytes that everything else of a key follows from. */
export function seedOf (key: Ed25519PrivateKey): Uint8Array {
  return key.raw.subarray(0, SEED_BYTES)
}

/** Peer id and node id of a raw public key. */
export function identityNames (publicKey: Uint8Array): IdentityNames {
  return { peerId: peerIdFromPublicKey(publicKeyFromRaw(publicKey)).toString(), nodeId: toHex(publicKey) }
}

function readKeyFile (path: string): Uint8Array {
  try {
    const { mode, size } = statSync(path)
    if ((mode & 0o077) !== 0) throw new TosError('KEY_UNREADABLE', `others may read the key file ${path} (mode ${(mode & 0o777).toString(8)})`, { details: { path }, hint: `chmod 600 ${path}` })
    if (size > MAX_FILE) throw new TosError('KEY_UNREADABLE', `${path} is too long for a key file`, { details: { path } })
    return readFileSync(path)
  } catch (error) {
    if (error instanceof TosError) throw error
    throw new TosError('KEY_UNREADABLE', `cannot read the key file ${path}`, { cause: error, details: { path } })
  }
}

async function writeKeyFile (path: string, key: Ed25519PrivateKey, passphrase: string | undefined, place: (draft: string) => void): Promise<void> {
  const bytes = passphrase === undefined ? privateKeyToProtobuf(key) : await sealKey(seedOf(key), passphrase)
  const draft = `${path}.${process.pid}.tmp`
  try {
    makeDir(dirname(path), 0o700)
    writeDurably(draft, bytes)
    place(draft)
    syncDirectory(dirname(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new TosError('KEY_EXISTS', `${path} exists`, { details: { path } })
    throw new TosError('KEY_UNREADABLE', `cannot write the key file ${path}`, { cause: error, details: { path } })
  } finally {
    removeFile(draft)
  }
}

// what is wrong with the bytes of a file is told with its name
async function named<T> (path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof TosError)) throw error
    throw new TosError(error.code, `${path}: ${error.message}`, { details: { ...error.details, path }, hint: error.hint })
  }
}

function parseIdentity (bytes: Uint8Array, what: string): Ed25519PrivateKey {
  let key: PrivateKey
  try {
    key = privateKeyFromProtobuf(bytes)
  } catch (error) {
    throw new TosError('KEY_UNREADABLE', `${what} is not a libp2p private key`, { cause: (error as Error).name })
  }
  if (key.type !== 'Ed25519') throw new TosError('KEY_UNREADABLE', `${what} is a ${key.type} key, not Ed25519`)
  return key
}
