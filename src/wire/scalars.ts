import { TosError } from '../errors/index.ts'
import type { Schema } from './schema.ts'

function invalid (kind: string, value: unknown): TosError {
  return new TosError('INVALID_VALUE', `${String(value)} is not a ${kind}`)
}

/** Unsigned 8-bit integer. */
export const u8: Schema<number> = {
  shape: { kind: 'u8' },
  minBytes: 1,
  maxBytes: 1,
  write (w, value) {
    if (typeof value !== 'number' || (value & 0xff) !== value) throw invalid('u8', value)
    const at = w.reserve(1)
    w.bytes[at] = value
  },
  read (r) { return r.takeU8() }
}

/** Unsigned 16-bit integer. */
export const u16: Schema<number> = {
  shape: { kind: 'u16' },
  minBytes: 2,
  maxBytes: 2,
  write (w, value) {
    if (typeof value !== 'number' || (value & 0xffff) !== value) throw invalid('u16', value)
    const at = w.reserve(2)
    w.view.setUint16(at, value, true)
  },
  read (r) { return r.takeU16() }
}

/** Unsigned 32-bit integer. */
export const u32: Schema<number> = {
  shape: { kind: 'u32' },
  minBytes: 4,
  maxBytes: 4,
  write (w, value) {
    if (typeof value !== 'number' || value >>> 0 !== value) throw invalid('u32', value)
    w.putU32(value)
  },
  read (r) { return r.takeU32() }
}

const U64_MAX = 0xffff_ffff_ffff_ffffn
const I64_MAX = 0x7fff_ffff_ffff_ffffn

/** Unsigned 64-bit integer, `bigint` at the API. */
export const u64: Schema<bigint> = {
  shape: { kind: 'u64' },
  minBytes: 8,
  maxBytes: 8,
  write (w, value) {
    if (typeof value !== 'bigint' || value < 0n || value > U64_MAX) throw invalid('u64', value)
    const at = w.reserve(8)
    w.view.setBigUint64(at, value, true)
  },
  read (r) { return r.takeU64() }
}

/** Signed 64-bit integer, `bigint` at the API. */
export const i64: Schema<bigint> = {
  shape: { kind: 'i64' },
  minBytes: 8,
  maxBytes: 8,
  write (w, value) {
    if (typeof value !== 'bigint' || value < -I64_MAX - 1n || value > I64_MAX) throw invalid('i64', value)
    const at = w.reserve(8)
    w.view.setBigInt64(at, value, true)
  },
  read (r) { return r.takeI64() }
}

/** One byte, 0 or 1 only. */
export const bool: Schema<boolean> = {
  shape: { kind: 'bool' },
  minBytes: 1,
  maxBytes: 1,
  write (w, value) {
    if (typeof value !== 'boolean') throw invalid('bool', value)
    const at = w.reserve(1)
    w.bytes[at] = value ? 1 : 0
  },
  read (r) {
    const byte = r.takeU8()
    if (byte > 1) throw invalid('bool', byte)
    return byte === 1
  }
}
