import { createHash } from 'node:crypto'
import { HASH_BYTES, sha3 } from '../block/hash.ts'
import { TosError } from '../../errors/index.ts'
import { bytes, decode, encode, string, struct, u16, u64 } from '../../wire/index.ts'
import type { Infer } from '../../wire/index.ts'

/*
 * A chain file: magic "TOSCHAIN" ‖ u32 LE length ‖ head ‖ records ‖ trailer. A record is u32 LE length ‖ bincode(BlockData); the trailer is
 * u32 zero ‖ u64 LE count ‖ digest, the end of a hash chain that starts at SHA3-256(head) and takes in each record's bytes.
 */
export const CHAIN_MAGIC: Buffer = Buffer.from('TOSCHAIN')
export const LENGTH_BYTES = 4
export const TRAILER_BYTES: number = 8 + HASH_BYTES
const VERSION = 1

const head = struct({ version: u16, network: string(32), genesis: bytes(32), difficulty: u64 })

/** Whose chain a file holds. */
export type ChainFileHead = Omit<Infer<typeof head>, 'version'>

/** Largest head in bytes; a longer one is not a head. */
export const HEAD_MAX_BYTES: number = head.maxBytes

/** The running digest of a chain file. */
export interface ChainDigest {
  readonly count: number
  readonly value: Uint8Array
  add (block: Uint8Array): void
}

export function encodeHead (value: ChainFileHead): Uint8Array {
  return encode(head, { version: VERSION, ...value })
}

/** Throws `CHAIN_FILE_INVALID`. */
export function decodeHead (data: Uint8Array): ChainFileHead {
  let value: Infer<typeof head>
  try {
    value = decode(head, data)
  } catch (cause) {
    throw chainFileInvalid('the head is damaged', CHAIN_MAGIC.length, cause)
  }
  if (value.version !== VERSION) throw chainFileInvalid(`version ${value.version} is unknown`, CHAIN_MAGIC.length + LENGTH_BYTES)
  return value
}

export function createChainDigest (encodedHead: Uint8Array): ChainDigest {
  let value = sha3(encodedHead)
  let count = 0
  return {
    get count () { return count },
    get value () { return value },
    add (block) {
      value = createHash('sha3-256').update(value).update(block).digest()
      count++
    }
  }
}

/** A length field, little-endian. */
export function lengthPrefix (length: number): Buffer {
  const prefix = Buffer.alloc(LENGTH_BYTES)
  prefix.writeUInt32LE(length)
  return prefix
}

export function encodeTrailer ({ count, value }: ChainDigest): Buffer {
  const trailer = Buffer.alloc(TRAILER_BYTES)
  trailer.writeBigUInt64LE(BigInt(count))
  trailer.set(value, 8)
  return trailer
}

/** A `CHAIN_FILE_INVALID` that names the byte where the trouble begins. */
export function chainFileInvalid (message: string, offset: number, cause?: unknown): TosError {
  return new TosError('CHAIN_FILE_INVALID', `${message} (at byte ${offset})`, { details: { offset }, ...(cause === undefined ? {} : { cause }) })
}
