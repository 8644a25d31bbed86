import { TosError } from '../errors/index.ts'
import type { ByteReader } from './reader.ts'
import type { Schema } from './schema.ts'
import type { ByteWriter } from './writer.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

function writeLength (w: ByteWriter, length: number): void {
  const at = w.reserve(8)
  w.view.setUint32(at, length, true)
  w.view.setUint32(at + 4, 0, true)
}

function overLimit (kind: string, length: number, max: number): TosError {
  return new TosError('LENGTH_LIMIT', `${kind} of ${length} exceeds the limit of ${max}`, { details: { length, max } })
}

/** `[u8; length]`: exactly `length` raw bytes. */
export function bytes (length: number): Schema<Uint8Array> {
  return {
    shape: { kind: 'bytes', length },
    minBytes: length,
    maxBytes: length,
    write (w, value) {
      if (value.length !== length) throw new TosError('INVALID_VALUE', `need exactly ${length} bytes, got ${value.length}`)
      const at = w.reserve(length)
      w.bytes.set(value, at)
    },
    read (r) { const at = r.take(length); return r.bytes.subarray(at, at + length) }
  }
}

/** `Vec<u8>` of at most `max` bytes. */
export function blob (max: number): Schema<Uint8Array> {
  return {
    shape: { kind: 'blob', max },
    minBytes: 8,
    maxBytes: 8 + max,
    write (w, value) {
      if (value.length > max) throw overLimit('blob', value.length, max)
      writeLength(w, value.length)
      const at = w.reserve(value.length)
      w.bytes.set(value, at)
    },
    read (r) {
      const length = r.takeLength(max, 1)
      const at = r.take(length)
      return r.bytes.subarray(at, at + length)
    }
  }
}

/** Strict UTF-8 of at most `max` bytes without control characters. */
export function string (max: number): Schema<string> {
  return {
    shape: { kind: 'string', max },
    minBytes: 8,
    maxBytes: 8 + max,
    write (w, value) {
      if (!value.isWellFormed() || CONTROL.test(value)) throw new TosError('INVALID_UTF8', 'string holds control characters or lone surrogates')
      const encoded = encoder.encode(value)
      if (encoded.length > max) throw overLimit('string', encoded.length, max)
      writeLength(w, encoded.length)
      const at = w.reserve(encoded.length)
      w.bytes.set(encoded, at)
    },
    read (r) {
      const length = r.takeLength(max, 1)
      const at = r.take(length)
      return readText(r, at, length)
    }
  }
}

function readText (r: ByteReader, at: number, length: number): string {
  let text: string
  try {
    text = decoder.decode(r.bytes.subarray(at, at + length))
  } catch (cause) {
    throw new TosError('INVALID_UTF8', 'string is not UTF-8', { cause })
  }
  if (CONTROL.test(text)) throw new TosError('INVALID_UTF8', 'string holds control characters')
  return text
}

/** `Vec<T>` of `min` to `max` items. */
export function vec<T> (item: Schema<T>, { min = 0, max }: { min?: number, max: number }): Schema<T[]> {
  return {
    shape: { kind: 'vec', item, min, max },
    minBytes: 8 + min * item.minBytes,
    maxBytes: 8 + max * item.maxBytes,
    write (w, values) {
      if (values.length > max) throw overLimit('list', values.length, max)
      if (values.length < min) throw new TosError('INVALID_VALUE', `list of ${values.length} is below the minimum of ${min}`)
      writeLength(w, values.length)
      for (const value of values) item.write(w, value)
    },
    read (r) {
      const length = r.takeLength(max, item.minBytes)
      if (length < min) throw new TosError('INVALID_VALUE', `list of ${length} is below the minimum of ${min}`)
      const out: T[] = []
      for (let i = 0; i < length; i++) out.push(item.read(r))
      return out
    }
  }
}

/** `Option<T>`: a tag byte 0 or 1, and the value when 1. `null` stands for none. */
export function option<T> (item: Schema<T>): Schema<T | null> {
  return {
    shape: { kind: 'option', item: item as Schema<unknown> },
    minBytes: 1,
    maxBytes: 1 + item.maxBytes,
    write (w, value) {
      const at = w.reserve(1)
      w.bytes[at] = value === null ? 0 : 1
      if (value !== null) item.write(w, value)
    },
    read (r) {
      const tag = r.bytes[r.take(1)] as number
      if (tag > 1) throw new TosError('INVALID_VALUE', `${tag} is not an option tag`)
      return tag === 0 ? null : item.read(r)
    }
  }
}
