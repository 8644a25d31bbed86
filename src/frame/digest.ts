import { sha256 as plainSha256 } from '@noble/hashes/sha2.js'
import { sha3_256 as plainSha3 } from '@noble/hashes/sha3.js'
import { latin1 } from '../wire/bytes.ts'

// asked for at run time: an import of node:crypto would keep this file, and all that checks a frame, out of browsers
const native = (globalThis.process as NodeJS.Process | undefined)?.getBuiltinModule?.('node:crypto').hash

/**
 * SHA3-256 of `bytes` (FIPS 202), 32 bytes. On Node by OpenSSL, in browsers by noble.
 * Through a latin1 ("binary") string: for inputs below a few KiB that costs half of asking node:crypto for a Buffer.
 */
export const sha3: (bytes: Uint8Array) => Uint8Array = native === undefined ? bytes => plainSha3(bytes) : bytes => Buffer.from(native('sha3-256', bytes, 'binary'), 'latin1')

/** The same digest as 32 characters of a byte each, which is cheaper still where only some of them are looked at. */
export const sha3Text: (bytes: Uint8Array) => string = native === undefined ? plainSha3Text : bytes => native('sha3-256', bytes, 'binary')

function plainSha3Text (bytes: Uint8Array): string {
  const digest = plainSha3(bytes)
  return latin1(digest, 0, digest.length)
}

/** SHA-256 (FIPS 180-4), 32 bytes. */
export const sha256: (bytes: Uint8Array) => Uint8Array = native === undefined ? bytes => plainSha256(bytes) : bytes => native('sha256', bytes, 'buffer')
