import type { Schema } from '../../src/wire/index.ts'

// The wire format once more, slow and plain, from the shapes alone: what the fast readers and writers are held against.

/** bincode 1.x bytes of a valid value. */
export function clearEncode (schema: Schema<unknown>, value: unknown): number[] {
  const { shape } = schema
  switch (shape.kind) {
    case 'u8': case 'u16': case 'u32': return little(BigInt(value as number), schema.maxBytes)
    case 'u64': case 'i64': return little(value as bigint, 8)
    case 'bool': return [value === true ? 1 : 0]
    case 'bytes': return [...value as Uint8Array]
    case 'blob': return [...little(BigInt((value as Uint8Array).length), 8), ...value as Uint8Array]
    case 'string': return clearBlob(new TextEncoder().encode(value as string))
    case 'vec': return [...little(BigInt((value as unknown[]).length), 8), ...(value as unknown[]).flatMap(item => clearEncode(shape.item, item))]
    case 'option': return value === null ? [0] : [1, ...clearEncode(shape.item, value)]
    case 'struct': return Object.entries(shape.fields).flatMap(([name, field]) => clearEncode(field, (value as Record<string, unknown>)[name]))
    case 'union': {
      const { type, value: inner } = value as { type: string, value?: unknown }
      const variant = shape.variants[type]
      return [...little(BigInt(Object.keys(shape.variants).indexOf(type)), 4), ...(variant == null ? [] : clearEncode(variant, inner))]
    }
  }
}

/** The value of bytes known to be valid, and how many were used. */
export function clearDecode (schema: Schema<unknown>, bytes: readonly number[], at = 0): { value: unknown, end: number } {
  const { shape } = schema
  const number = (width: number): bigint => bytes.slice(at, at + width).reduce((sum, byte, i) => sum | BigInt(byte) << BigInt(8 * i), 0n)
  switch (shape.kind) {
    case 'u8': case 'u16': case 'u32': return { value: Number(number(schema.maxBytes)), end: at + schema.maxBytes }
    case 'u64': return { value: number(8), end: at + 8 }
    case 'i64': return { value: BigInt.asIntN(64, number(8)), end: at + 8 }
    case 'bool': return { value: bytes[at] === 1, end: at + 1 }
    case 'bytes': return { value: Uint8Array.from(bytes.slice(at, at + shape.length)), end: at + shape.length }
    case 'blob': return { value: Uint8Array.from(bytes.slice(at + 8, at + 8 + Number(number(8)))), end: at + 8 + Number(number(8)) }
    case 'string': return { value: new TextDecoder().decode(Uint8Array.from(bytes.slice(at + 8, at + 8 + Number(number(8))))), end: at + 8 + Number(number(8)) }
    case 'option': {
      if (bytes[at] === 0) return { value: null, end: at + 1 }
      return clearDecode(shape.item, bytes, at + 1)
    }
    case 'vec': return clearItems(Array.from({ length: Number(number(8)) }, () => shape.item), bytes, at + 8)
    case 'struct': {
      const { value, end } = clearItems(Object.values(shape.fields), bytes, at)
      return { value: Object.fromEntries(Object.keys(shape.fields).map((name, i) => [name, value[i]])), end }
    }
    case 'union': {
      const [type, variant] = Object.entries(shape.variants)[Number(number(4))] as [string, Schema<unknown> | null]
      if (variant === null) return { value: { type }, end: at + 4 }
      const { value, end } = clearDecode(variant, bytes, at + 4)
      return { value: { type, value }, end }
    }
  }
}

function clearItems (schemas: ReadonlyArray<Schema<unknown>>, bytes: readonly number[], start: number): { value: unknown[], end: number } {
  let end = start
  const value = schemas.map(schema => {
    const item = clearDecode(schema, bytes, end)
    end = item.end
    return item.value
  })
  return { value, end }
}

function clearBlob (bytes: Uint8Array): number[] {
  return [...little(BigInt(bytes.length), 8), ...bytes]
}

function little (value: bigint, width: number): number[] {
  return Array.from({ length: width }, (_, i) => Number(BigInt.asUintN(64, value) >> BigInt(8 * i) & 0xffn))
}
