import { TosError } from '../errors/index.ts'
import { ByteReader } from './reader.ts'
import type { Schema } from './schema.ts'
import { ByteWriter } from './writer.ts'

const scratch = new ByteWriter(64 * 1024)

/** Encodes one value into bytes of its own. Throws `INVALID_VALUE`, `LENGTH_LIMIT` or `INVALID_UTF8`. */
export function encode<T> (schema: Schema<T>, value: T): Uint8Array {
  scratch.length = 0
  schema.write(scratch, value)
  return scratch.take()
}

/** Decodes exactly one value; byte fields are views into `bytes`. Throws any wire code, `TRAILING_BYTES` when bytes are left. */
export function decode<T> (schema: Schema<T>, bytes: Uint8Array): T {
  const reader = new ByteReader(bytes)
  const value = schema.read(reader)
  if (reader.left !== 0) throw new TosError('TRAILING_BYTES', `${reader.left} bytes left after the value`, { details: { left: reader.left } })
  return value
}
