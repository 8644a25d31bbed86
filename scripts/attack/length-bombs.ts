import type { Schema } from '../../src/wire/index.ts'

/** One place in a payload where a length stands, and the most it may say. */
export interface LengthField {
  /** Name of the field, dotted. */
  readonly path: string
  readonly max: number
  /** Bytes of a valid payload up to the length. */
  readonly prefix: Uint8Array
}

/** Every list, blob and string a payload of `schema` holds, each behind the smallest valid bytes that lead to it. */
export function lengthFields (schema: Schema<unknown>, prefix: Uint8Array = new Uint8Array(0), path = ''): LengthField[] {
  const { shape } = schema
  switch (shape.kind) {
    case 'blob': case 'string': return [{ path, max: shape.max, prefix }]
    case 'vec': return [{ path, max: shape.max, prefix }, ...lengthFields(shape.item, join(prefix, length(Math.max(1, shape.min))), `${path}[]`)]
    case 'option': return lengthFields(shape.item, join(prefix, Uint8Array.of(1)), path)
    case 'union': return Object.values(shape.variants).flatMap((variant, tag) => variant === null ? [] : lengthFields(variant, join(prefix, Uint8Array.of(tag, 0, 0, 0)), path))
    case 'struct': {
      let at = prefix
      return Object.entries(shape.fields).flatMap(([name, field]) => {
        const found = lengthFields(field, at, path === '' ? name : `${path}.${name}`)
        at = join(at, smallest(field))
        return found
      })
    }
    default: return []
  }
}

/** The length as a bincode u64. */
export function length (value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return bytes
}

export function join (...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}

/** The shortest bytes with the right layout; rules of single fields may still refuse them. */
function smallest (schema: Schema<unknown>): Uint8Array {
  const { shape } = schema
  if (shape.kind === 'vec' && shape.min > 0) return join(length(shape.min), ...Array.from({ length: shape.min }, () => smallest(shape.item)))
  if (shape.kind === 'struct') return join(...Object.values(shape.fields).map(smallest))
  return new Uint8Array(schema.minBytes)
}
