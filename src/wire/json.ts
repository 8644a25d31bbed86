import { TosError } from '../errors/index.ts'
import { utf8Bytes } from './bytes.ts'
import { fromHex, toHex } from './hex.ts'
import type { Schema } from './schema.ts'

/** `userAgent` to `user_agent`: JSON names are the specification's field names. */
export function snake (name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

/** A value as JSON: snake_case names, 64-bit integers as decimal strings, bytes as hex, unit variants as a string, others `{ variant: value }`. */
export function toJson<T> (schema: Schema<T>, value: T): unknown {
  return show(schema , value)
}

/** The inverse of `toJson`; unknown and missing fields are refused. Throws `INVALID_VALUE` or `LENGTH_LIMIT`, each with the path of the field. */
export function fromJson<T> (schema: Schema<T>, json: unknown): T {
  return parse(schema , json, '$') as T
}

function show (schema: Schema<unknown>, value: unknown): unknown {
  const { shape } = schema
  switch (shape.kind) {
    case 'u64': case 'i64': return String(value)
    case 'bytes': case 'blob': return toHex(value as Uint8Array)
    case 'vec': return (value as unknown[]).map(item => show(shape.item, item))
    case 'option': return value === null ? null : show(shape.item, value)
    case 'struct': return Object.fromEntries(Object.entries(shape.fields).map(([name, field]) => [snake(name), show(field, (value as Record<string, unknown>)[name])]))
    case 'union': {
      const { type, value: inner } = value as { type: string, value?: unknown }
      const variant = shape.variants[type]
      return variant == null ? snake(type) : { [snake(type)]: show(variant, inner) }
    }
    default: return value
  }
}

const RANGES = {
  u8: [0n, 0xffn], u16: [0n, 0xffffn], u32: [0n, 0xffff_ffffn], u64: [0n, 0xffff_ffff_ffff_ffffn], i64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn]
} as const

// what a schema would refuse when it writes is refused here already: here the path is known
function parse (schema: Schema<unknown>, json: unknown, path: string): unknown {
  const { shape } = schema
  switch (shape.kind) {
    case 'u8': case 'u16': case 'u32': return typeof json === 'number' && Number.isInteger(json) ? Number(inRange(shape.kind, BigInt(json), path)) : wrong(path, `a whole number (${shape.kind})`, json)
    case 'u64': case 'i64': return typeof json === 'string' && /^-?\d{1,20}$/.test(json) ? inRange(shape.kind, BigInt(json), path) : Number.isSafeInteger(json) ? inRange(shape.kind, BigInt(json as number), path) : wrong(path, 'a decimal string', json)
    case 'bool': return typeof json === 'boolean' ? json : wrong(path, 'true or false', json)
    case 'string': return typeof json === 'string' ? within('string', json, utf8Bytes(json).length, shape.max, path) : wrong(path, 'a string', json)
    case 'bytes': return parseHex(json, path, shape.length)
    case 'blob': {
      const bytes = parseHex(json, path)
      return within('blob', bytes, bytes.length, shape.max, path)
    }
    case 'vec': return Array.isArray(json) ? parseList(shape, json, path) : wrong(path, 'a list', json)
    case 'option': return json == null ? null : parse(shape.item, json, path)
    case 'struct': return parseStruct(shape.fields, json, path)
    case 'union': return parseUnion(shape.variants, json, path)
  }
}

function inRange (kind: keyof typeof RANGES, value: bigint, path: string): bigint {
  const [least, most] = RANGES[kind]
  if (value < least || value > most) throw new TosError('INVALID_VALUE', `${path}: ${value} is not a ${kind}, ${least} to ${most}`)
  return value
}

function within<T> (kind: string, value: T, length: number, max: number, path: string): T {
  if (length > max) throw new TosError('LENGTH_LIMIT', `${path}: ${kind} of ${length} exceeds the limit of ${max}`, { details: { length, max } })
  return value
}

function parseHex (json: unknown, path: string, length?: number): Uint8Array {
  const isHex = typeof json === 'string' && /^(?:[0-9a-f]{2})*$/i.test(json) && (length === undefined || json.length === length * 2)
  return isHex ? fromHex(json) : wrong(path, length === undefined ? 'hexadecimal' : `${length} bytes of hexadecimal`, json)
}

function parseList ({ item, min, max }: { readonly item: Schema<unknown>, readonly min: number, readonly max: number }, json: readonly unknown[], path: string): unknown[] {
  within('list', json, json.length, max, path)
  if (json.length < min) throw new TosError('INVALID_VALUE', `${path}: list of ${json.length} is below the minimum of ${min}`)
  return json.map((value, i) => parse(item, value, `${path}[${i}]`))
}

function parseStruct (fields: Readonly<Record<string, Schema<unknown>>>, json: unknown, path: string): unknown {
  if (!isRecord(json)) return wrong(path, 'an object', json)
  const names = new Map(Object.keys(fields).map(name => [snake(name), name]))
  for (const key of Object.keys(json)) if (!names.has(key)) throw new TosError('INVALID_VALUE', `${path}.${key} is not a field; known: ${[...names.keys()].join(', ')}`)
  return Object.fromEntries([...names].map(([key, name]) => [name, parse(fields[name] as Schema<unknown>, json[key], `${path}.${key}`)]))
}

function parseUnion (variants: Readonly<Record<string, Schema<unknown> | null>>, json: unknown, path: string): unknown {
  const key = typeof json === 'string' ? json : isRecord(json) && Object.keys(json).length === 1 ? Object.keys(json)[0] as string : undefined
  const type = Object.keys(variants).find(name => snake(name) === key)
  if (type === undefined) return wrong(path, `one of ${Object.keys(variants).map(snake).join(', ')}`, json)
  const schema = variants[type]
  if (schema == null) return typeof json === 'string' ? { type } : wrong(path, `"${key}"`, json)
  return isRecord(json) ? { type, value: parse(schema, json[key as string], `${path}.${key}`) } : wrong(path, `{ "${key}": … }`, json)
}

function isRecord (json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function wrong (path: string, wanted: string, json: unknown): never {
  throw new TosError('INVALID_VALUE', `${path} must be ${wanted}, got ${JSON.stringify(json)?.slice(0, 60) ?? 'nothing'}`)
}
