import { TosError } from '../errors/index.ts'
import type { Infer, Schema } from './schema.ts'

type StructOf<F> = { [K in keyof F]: Infer<F[K]> }
type UnionOf<V> = { [K in keyof V & string]: V[K] extends null ? { readonly type: K } : { readonly type: K, readonly value: Infer<V[K]> } }[keyof V & string]

/** Fields in the order written, without padding. `struct({ nonce: u64 })` carries `{ nonce: bigint }`. */
export function struct<const F extends Readonly<Record<string, Schema<unknown>>>> (fields: F): Schema<StructOf<F>> {
  const entries = Object.entries(fields) as Array<[string, Schema<unknown>]>
  return {
    shape: { kind: 'struct', fields },
    minBytes: sum(entries, schema => schema.minBytes),
    maxBytes: sum(entries, schema => schema.maxBytes),
    write (w, value) {
      const record = value as Record<string, unknown>
      for (const [name, schema] of entries) schema.write(w, record[name])
    },
    read (r) {
      const out: Record<string, unknown> = {}
      for (const [name, schema] of entries) out[name] = schema.read(r)
      return out as StructOf<F>
    }
  }
}

function sum (entries: Array<[string, Schema<unknown>]>, of: (schema: Schema<unknown>) => number): number {
  return entries.reduce((total, [, schema]) => total + of(schema), 0)
}

/**
 * A Rust enum: `u32` variant tag in order of declaration, then the variant's value (`null`: a unit variant).
 * Carries `{ type: 'byHash', value: … }` or `{ type: 'tips' }`.
 */
export function union<const V extends Readonly<Record<string, Schema<unknown> | null>>> (variants: V): Schema<UnionOf<V>> {
  const entries = Object.entries(variants) as Array<[string, Schema<unknown> | null]>
  const tags = new Map(entries.map(([name], tag) => [name, tag]))
  const sizes = entries.map(([, schema]) => schema)
  return {
    shape: { kind: 'union', variants },
    minBytes: 4 + Math.min(...sizes.map(schema => schema?.minBytes ?? 0)),
    maxBytes: 4 + Math.max(...sizes.map(schema => schema?.maxBytes ?? 0)),
    write (w, value) {
      const { type, value: inner } = value as { type: string, value?: unknown }
      const tag = tags.get(type)
      if (tag === undefined) throw new TosError('INVALID_VALUE', `no variant named ${type}`)
      const at = w.reserve(4)
      w.view.setUint32(at, tag, true)
      sizes[tag]?.write(w, inner)
    },
    read (r) {
      const tag = r.view.getUint32(r.take(4), true)
      const entry = entries[tag]
      if (entry === undefined) throw new TosError('INVALID_VALUE', `no variant ${tag}`)
      const [type, schema] = entry
      return (schema === null ? { type } : { type, value: schema.read(r) }) as UnionOf<V>
    }
  }
}

/** The same layout with one more rule; `check` returns what is wrong, or nothing. Checked both ways. */
export function refine<T> (schema: Schema<T>, check: (value: T) => string | undefined): Schema<T> {
  const verify = (value: T): T => {
    const problem = check(value)
    if (problem !== undefined) throw new TosError('INVALID_VALUE', problem)
    return value
  }
  return {
    ...schema,
    write (w, value) { schema.write(w, verify(value)) },
    read (r) { return verify(schema.read(r)) }
  }
}
