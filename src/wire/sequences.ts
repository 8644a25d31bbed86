import { TosError } from '../errors/index.ts'
import type { Schema } from './schema.ts'

/** The error of a value that is longer than its field allows. */
export function overLimit (kind: string, length: number, max: number): TosError {
  return new TosError('LENGTH_LIMIT', `${kind} of ${length} exceeds the limit of ${max}`, { details: { length, max } })
}

function notBytes (value: unknown): TosError {
  return new TosError('INVALID_VALUE', `${typeof value} is not a Uint8Array`)
}

/** `[u8; length]`: exactly `length` raw bytes. */
export function bytes (length: number): Schema<Uint8Array> {
  return {
    shape: { kind: 'bytes', length },
    minBytes: length,
    maxBytes: length,
    write (w, value) {
      if (!(value instanceof Uint8Array)) throw notBytes(value)
      if (value.length !== length) throw new TosError('INVALID_VALUE', `need exactly ${length} bytes, got ${value.length}`)
      w.putBytes(value)
    },
    read (r) { return r.takeBytes(length) }
  }
}

/** `Vec<u8>` of at most `max` bytes. */
export function blob (max: number): Schema<Uint8Array> {
  return {
    shape: { kind: 'blob', max },
    minBytes: 8,
    maxBytes: 8 + max,
    write (w, value) {
      if (!(value instanceof Uint8Array)) throw notBytes(value)
      if (value.length > max) throw overLimit('blob', value.length, max)
      w.putBlob(value)
    },
    read (r) { return r.takeBytes(r.takeLength(max, 1)) }
  }
}

/** `Vec<T>` of `min` to `max` items. */
export function vec<T> (item: Schema<T>, { min = 0, max }: { min?: number, max: number }): Schema<T[]> {
  const { minBytes, read, write } = item
  return {
    shape: { kind: 'vec', item, min, max },
    minBytes: 8 + min * minBytes,
    maxBytes: 8 + max * item.maxBytes,
    write (w, values) {
      if (!Array.isArray(values)) throw new TosError('INVALID_VALUE', `${typeof values} is not a list`)
      const { length } = values
      if (length > max) throw overLimit('list', length, max)
      if (length < min) throw new TosError('INVALID_VALUE', `list of ${length} is below the minimum of ${min}`)
      w.putLength(length)
      for (let i = 0; i < length; i++) write(w, values[i] as T)
    },
    read (r) {
      const length = r.takeLength(max, minBytes)
      if (length < min) throw new TosError('INVALID_VALUE', `list of ${length} is below the minimum of ${min}`)
      const out: T[] = []
      for (let i = 0; i < length; i++) out.push(read(r))
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
      const tag = r.takeU8()
      if (tag > 1) throw new TosError('INVALID_VALUE', `${tag} is not an option tag`)
      return tag === 0 ? null : item.read(r)
    }
  }
}
