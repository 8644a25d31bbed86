import { TosError } from '../errors/index.ts'
import { collect } from './output.ts'
import { ByteReader } from './reader.ts'
import type { Schema } from './schema.ts'

/** Encodes one value into bytes of its own. Throws `INVALID_VALUE`, `LENGTH_LIMIT` or `INVALID_UTF8`. */
export function encode<T> (schema: Schema<T>, value: T): Uint8Array {
  return collect(schema.maxBytes, schema.write, value)
}

/** Decodes exactly one value; byte fields are views into `bytes`. Throws any wire code, `TRAILING_BYTES` when bytes are left. */
export function decode<T> (schema: Schema<T>, bytes: Uint8Array): T {
  const reader = new ByteReader(bytes)
  const value = schema.read(reader)
  if (reader.offset !== bytes.length) throw new TosError('TRAILING_BYTES', `${reader.left} bytes left after the value`, { details: { left: reader.left } })
  return value
}
