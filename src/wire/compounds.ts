import { TosError } from '../errors/index.ts'
import type { Infer, Schema } from './schema.ts'

type UnionOf<V> = { [K in keyof V & string]: V[K] extends null ? { readonly type: K } : { readonly type: K, readonly value: Infer<V[K]> } }[keyof V & string]

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
      const { type, value: inner } = (value ?? {}) as { type?: string, value?: unknown }
      const tag = tags.get(type as string)
      if (tag === undefined) throw new TosError('INVALID_VALUE', `no variant named ${type}`)
      w.putU32(tag)
      sizes[tag]?.write(w, inner)
    },
    read (r) {
      const tag = r.takeU32()
      const entry = entries[tag]
      if (entry === undefined) throw new TosError('INVALID_VALUE', `no variant ${tag}`)
      const [type, schema] = entry
      return (schema === null ? { type } : { type, value: schema.read(r) }) as UnionOf<V>
    }
  }
}

/** The same layout with one more rule; `check` returns what is wrong, or nothing. Checked both ways. */
export function refine<T> (schema: Schema<T>, check: (value: T) => string | undefined): Schema<T> {
  const { read, write } = schema
  return {
    ...schema,
    write (w, value) {
      // Written first: the rule may then rely on the shape of the value.
      write(w, value)
      const problem = check(value)
      if (problem !== undefined) throw new TosError('INVALID_VALUE', problem)
    },
    read (r) {
      const value = read(r)
      const problem = check(value)
      if (problem !== undefined) throw new TosError('INVALID_VALUE', problem)
      return value
    }
  }
}
