import { snake } from '../../../src/wire/json.ts'
import { toHex } from '../../../src/wire/index.ts'
import type { Schema } from '../../../src/wire/index.ts'

type Write = (value: unknown) => string

/** The text of `toJson` without the objects between: made once per schema, it costs a fraction at the counts of these tests. */
export function jsonText (schema: Schema<unknown>): Write {
  const { shape } = schema
  switch (shape.kind) {
    case 'u64': case 'i64': return value => `"${value as bigint}"`
    case 'bytes': case 'blob': return value => `"${Buffer.isBuffer(value) ? value.toString('hex') : toHex(value as Uint8Array)}"`
    case 'string': return value => JSON.stringify(value)
    case 'vec': {
      const item = jsonText(shape.item)
      return value => `[${(value as readonly unknown[]).map(item).join(',')}]`
    }
    case 'option': {
      const item = jsonText(shape.item)
      return value => value === null ? 'null' : item(value)
    }
    case 'struct': return structText(shape.fields)
    case 'union': {
      const variants = new Map(Object.entries(shape.variants).map(([name, inner]) => [name, { key: JSON.stringify(snake(name)), inner: inner === null ? null : jsonText(inner) }]))
      return value => {
        const { type, value: inner } = value as { readonly type: string, readonly value?: unknown }
        const variant = variants.get(type) as { readonly key: string, readonly inner: Write | null }
        return variant.inner === null ? variant.key : `{${variant.key}:${variant.inner(inner)}}`
      }
    }
    default: return String
  }
}

function structText (fields: Readonly<Record<string, Schema<unknown>>>): Write {
  const parts = Object.entries(fields).map(([name, field], i) => ({ name, before: `${i === 0 ? '{' : ','}${JSON.stringify(snake(name))}:`, text: jsonText(field) }))
  return value => {
    let text = ''
    for (const { name, before, text: write } of parts) text += before + write((value as Readonly<Record<string, unknown>>)[name])
    return `${text}}`
  }
}
