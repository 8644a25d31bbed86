import type { ByteReader } from './reader.ts'
import type { ByteWriter } from './writer.ts'

/** What a schema is made of: enough to print it, and to convert its values to and from JSON (`json.ts`). */
export type Shape =
  | { readonly kind: 'u8' | 'u16' | 'u32' | 'u64' | 'i64' | 'bool' }
  | { readonly kind: 'bytes', readonly length: number }
  | { readonly kind: 'blob', readonly max: number }
  | { readonly kind: 'string', readonly max: number }
  | { readonly kind: 'vec', readonly item: Schema<unknown>, readonly min: number, readonly max: number }
  | { readonly kind: 'option', readonly item: Schema<unknown> }
  | { readonly kind: 'struct', readonly fields: Readonly<Record<string, Schema<unknown>>> }
  | { readonly kind: 'union', readonly variants: Readonly<Record<string, Schema<unknown> | null>> }

/**
 * One object describes a value on the wire in bincode 1.x layout: little-endian, fixed width, `u64` lengths, `u32` variant tags.
 * Sizes are bytes.
 */
export interface Schema<T> {
  readonly shape: Shape
  /** Smallest encoding. */
  readonly minBytes: number
  /** Largest encoding; a receiver refuses more before it buffers. */
  readonly maxBytes: number
  /** Appends `value`. Throws `INVALID_VALUE`, `LENGTH_LIMIT` or `INVALID_UTF8`. */
  write (writer: ByteWriter, value: T): void
  /** Takes one value. Byte fields are views into the reader's buffer. Throws any wire code. */
  read (reader: ByteReader): T
}

/** The TypeScript type a schema carries. */
export type Infer<S> = S extends Schema<infer T> ? T : never
