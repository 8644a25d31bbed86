import { existsSync, linkSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { generateKeyPair, generateKeyPairFromSeed, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { TosError } from '../errors/index.ts'
import { fromHex, toHex } from '../wire/index.ts'
import { removeFile, syncDirectory, writeDurably } from './durable-file.ts'
import { makeDir } from './make-dir.ts'

/** The two names of an identity. */
export interface IdentityNames {
  readonly peerId: string
  /** Hex of the raw public key. */
  readonly nodeId: string
}

/** Reads a key file (libp2p protobuf form, mode 0600). Throws `KEY_UNREADABLE`. */
export function loadIdentity (path: string): Ed25519PrivateKey {
  let bytes: Uint8Array
  try {
    const { mode } = statSync(path)
    if ((mode & 0o077) !== 0) throw new TosError('KEY_UNREADABLE', `others may read the key file ${path} (mode ${(mode & 0o777).toString(8)})`, { details: { path }, hint: `chmod 600 ${path}` })
    bytes = readFileSync(path)
  } catch (error) {
    if (error instanceof TosError) throw error
    throw new TosError('KEY_UNREADABLE', `cannot read the key file ${path}`, { cause: error, details: { path } })
  }
  return parseIdentity(bytes, `the key file ${path}`)
}

/** Makes a key and writes it. Throws `KEY_EXISTS`. */
export async function createIdentity (path: string): Promise<Ed25519PrivateKey> {
  const key = await generateKeyPair('Ed25519')
  saveIdentity(path, key)
  return key
}

/** The key at `path`, made on first use. */
export async function loadOrCreateIdentity (path: string): Promise<Ed25519PrivateKey> {
  return existsSync(path) ? loadIdentity(path) : await createIdentity(path)
}

/** Writes a key file, mode 0600, on disk when this returns. Never overwrites: throws `KEY_EXISTS`, else `KEY_UNREADABLE`. */
export function saveIdentity (path: string, key: Ed25519PrivateKey): void {
  const draft = `${path}.${process.pid}.tmp`
  try {
    makeDir(dirname(path), 0o700)
    writeDurably(draft, privateKeyToProtobuf(key))
    // link() refuses an existing name in the same step that creates it
    linkSync(draft, path)
    syncDirectory(dirname(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new TosError('KEY_EXISTS', `${path} exists`, { details: { path } })
    throw new TosError('KEY_UNREADABLE', `cannot write the key file ${path}`, { cause: error, details: { path } })
  } finally {
    removeFile(draft)
  }
}

/** A key out of hex: the 32-byte seed, or the libp2p protobuf form. Throws `KEY_UNREADABLE`. */
export async function identityFromHex (text: string): Promise<Ed25519PrivateKey> {
  // the refusal must not repeat the text, which may be most of a secret
  if (!/^(?:[0-9a-f]{2})+$/i.test(text)) throw new TosError('KEY_UNREADABLE', 'the key is not hexadecimal', { hint: 'give 64 hex digits (the seed) or the protobuf form in hex' })
  const bytes = fromHex(text)
  return bytes.length === 32 ? await generateKeyPairFromSeed('Ed25519', bytes) : parseIdentity(bytes, 'the given key')
}

/** The secret as hex: the 32-byte seed, or the libp2p protobuf form. */
export function identityToHex (key: Ed25519PrivateKey, form: 'seed' | 'protobuf'): string {
  return toHex(form === 'seed' ? key.raw.subarray(0, 32) : privateKeyToProtobuf(key))
}

/** Peer id and node id of a key; nothing secret. */
export function identityNames (key: Ed25519PrivateKey): IdentityNames {
  return { peerId: peerIdFromPrivateKey(key).toString(), nodeId: toHex(key.publicKey.raw) }
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
