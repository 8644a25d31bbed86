import * as fc from '../support/fast-check.ts'
import { blob, bool, bytes, i64, option, string, struct, u16, u32, u64, u8, union, vec } from '../../src/wire/index.ts'
import type { Schema } from '../../src/wire/index.ts'

/** A schema and a way to make valid values of it. */
export interface Sample {
  readonly schema: Schema<unknown>
  readonly value: fc.Arbitrary<unknown>
}

// oxlint-disable-next-line no-control-regex -- control characters are what it keeps out
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

const sample = <T>(schema: Schema<T>, value: fc.Arbitrary<T>): Sample => ({ schema: schema as Schema<unknown>, value })
const octets = (size: { minLength?: number, maxLength: number }): fc.Arbitrary<Uint8Array> => fc.uint8Array(size)
/** Valid text of at most `max` bytes: mostly ASCII, as on the wire, sometimes any script. */
const text = (max: number): fc.Arbitrary<string> => fc.oneof(fc.string({ maxLength: max }), fc.string({ unit: 'binary', maxLength: max }))
  .filter(value => !CONTROL.test(value) && Buffer.byteLength(value) <= max)

/** Every kind of leaf. */
export const leaves: readonly Sample[] = [
  sample(u8, fc.integer({ min: 0, max: 0xff })),
  sample(u16, fc.integer({ min: 0, max: 0xffff })),
  sample(u32, fc.integer({ min: 0, max: 0xffff_ffff })),
  sample(u64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  sample(i64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  sample(bool, fc.boolean()),
  sample(bytes(0), octets({ maxLength: 0 })),
  sample(bytes(32), octets({ minLength: 32, maxLength: 32 })),
  sample(blob(100), octets({ maxLength: 100 })),
  sample(string(40), text(40))
]

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,8}$/), { minLength: 1, maxLength: 11 })

/** Any schema, nested up to `depth`. */
export function anySchema (depth = 3): fc.Arbitrary<Sample> {
  const leaf = fc.constantFrom(...leaves)
  if (depth === 0) return leaf
  const inner = anySchema(depth - 1)
  return fc.oneof(
    leaf,
    inner.map(({ schema, value }) => sample(vec(schema, { min: 1, max: 5 }), fc.array(value, { minLength: 1, maxLength: 5 }))),
    inner.map(({ schema, value }) => sample(option(schema), fc.option(value))),
    names.chain(keys => fc.tuple(...keys.map(() => inner)).map(parts => structOf(keys, parts))),
    names.chain(keys => fc.tuple(...keys.map(() => fc.option(inner))).map(parts => unionOf(keys, parts)))
  )
}

function structOf (keys: readonly string[], parts: readonly Sample[]): Sample {
  const schema = struct(Object.fromEntries(keys.map((key, i) => [key, (parts[i] as Sample).schema])))
  const value = fc.tuple(...parts.map(part => part.value)).map(values => Object.fromEntries(keys.map((key, i) => [key, values[i]])))
  return { schema: schema as Schema<unknown>, value }
}

function unionOf (keys: readonly string[], parts: ReadonlyArray<Sample | null>): Sample {
  const schema = union(Object.fromEntries(keys.map((key, i) => [key, parts[i]?.schema ?? null])))
  const value = fc.oneof(...keys.map((type, i) => parts[i]?.value.map(inner => ({ type, value: inner })) ?? fc.constant({ type })))
  return { schema: schema as Schema<unknown>, value }
}

/** A schema together with one valid value. */
export function anyCase (depth = 3): fc.Arbitrary<{ schema: Schema<unknown>, value: unknown }> {
  return anySchema(depth).chain(({ schema, value }) => value.map(chosen => ({ schema, value: chosen })))
}
