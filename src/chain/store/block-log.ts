import { createHash } from 'node:crypto'
import { HASH_BYTES, sameBytes, sha3 } from '../block/hash.ts'

/** A record of the log: previous record's hash, own hash, block bytes. Its key carries the sequence number. */
export interface LogRecord {
  readonly hash: Uint8Array
  readonly block: Uint8Array
}

const KEY_PREFIX = 0x62
const KEY_BYTES = 9

/** Where the hash chain of a network's log begins: another network's first record does not fit. */
export function logSeed (genesis: Uint8Array, difficulty: bigint): Uint8Array {
  const rest = Buffer.alloc(8)
  rest.writeBigUInt64BE(difficulty)
  return sha3(Buffer.concat([Buffer.from('TOS-BLOCK-LOG-1\0'), genesis, rest]))
}

/** `SHA3-256(previous record hash ‖ sequence number u64 BE ‖ block bytes)`. */
export function recordHash (previous: Uint8Array, sequence: number, block: Uint8Array): Uint8Array {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(sequence))
  return createHash('sha3-256').update(previous).update(number).update(block).digest()
}

export function encodeRecord (previous: Uint8Array, sequence: number, block: Uint8Array): { value: Buffer, hash: Uint8Array } {
  const hash = recordHash(previous, sequence, block)
  return { value: Buffer.concat([previous, hash, block]), hash }
}

/** The record when its own hash holds, and `previous` (when given) is the hash before it. Undefined when it is damaged. */
export function decodeRecord (value: Uint8Array, sequence: number, previous?: Uint8Array): LogRecord | undefined {
  if (value.length < 2 * HASH_BYTES) return undefined
  const before = value.subarray(0, HASH_BYTES)
  const hash = value.subarray(HASH_BYTES, 2 * HASH_BYTES)
  const block = value.subarray(2 * HASH_BYTES)
  if (previous !== undefined && !sameBytes(before, previous)) return undefined
  return sameBytes(recordHash(before, sequence, block), hash) ? { hash, block } : undefined
}

/** Key of a record: sorts by sequence number. */
export function recordKey (sequence: number): Buffer {
  const key = Buffer.alloc(KEY_BYTES)
  key[0] = KEY_PREFIX
  key.writeBigUInt64BE(BigInt(sequence), 1)
  return key
}

/** No record's key sorts behind it. */
export const LAST_KEY: Buffer = recordKey(Number.MAX_SAFE_INTEGER)
/** Written synchronously to carry all before it to the disk. */
export const FLUSH_KEY: Buffer = Buffer.from('flushed')

/** Undefined when the key is not a record's. */
export function sequenceOf (key: Uint8Array): number | undefined {
  if (key.length !== KEY_BYTES || key[0] !== KEY_PREFIX) return undefined
  const sequence = Number(Buffer.from(key).readBigUInt64BE(1))
  return Number.isSafeInteger(sequence) ? sequence : undefined
}
