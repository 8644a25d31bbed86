import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { ByteWriter, decode, encode, fromJson, struct, toJson, u64, u8 } from '../../src/wire/index.ts'
import { anyCase, leaves } from './arbitraries.ts'
import { clearDecode, clearEncode } from './oracle.ts'

const RUNS = { numRuns: 300, seed: 20_260_101 }

/** Values as the decoder returns them: every byte field a plain Uint8Array. */
function plain (value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
}

suite('round trips', () => {
  for (const { schema, value } of leaves) {
    test(`${schema.shape.kind}: what was encoded is decoded again`, () => {
      fc.assert(fc.property(value, chosen => { assert.deepEqual(decode(schema, encode(schema, chosen)), plain(chosen)) }), RUNS)
    })
  }

  test('nested schemas: what was encoded is decoded again', () => {
    fc.assert(fc.property(anyCase(), ({ schema, value }) => { assert.deepEqual(decode(schema, encode(schema, value)), plain(value)) }), RUNS)
  })

  test('the bytes are those of the plain oracle, and the oracle reads them alike', () => {
    fc.assert(fc.property(anyCase(), ({ schema, value }) => {
      const bytes = [...encode(schema, value)]
      assert.deepEqual(bytes, clearEncode(schema, value))
      assert.deepEqual({ value: decode(schema, Uint8Array.from(bytes)), end: bytes.length }, clearDecode(schema, bytes))
    }), RUNS)
  })

  test('minBytes and maxBytes hold for every value', () => {
    fc.assert(fc.property(anyCase(), ({ schema, value }) => {
      const { length } = encode(schema, value)
      assert.ok(length >= schema.minBytes && length <= schema.maxBytes, `${length} is not in ${schema.minBytes}..${schema.maxBytes}`)
    }), RUNS)
  })

  test('a value reads the same inside a larger buffer, and as a Buffer', () => {
    fc.assert(fc.property(anyCase(), fc.nat(70), ({ schema, value }, offset) => {
      const bytes = encode(schema, value)
      const larger = Buffer.alloc(offset + bytes.length + 9, 0xee)
      larger.set(bytes, offset)
      assert.deepEqual(decode(schema, larger.subarray(offset, offset + bytes.length)), plain(value))
    }), RUNS)
  })

  test('a writer that already holds bytes, and must grow, appends the same', () => {
    fc.assert(fc.property(anyCase(), ({ schema, value }) => {
      const writer = new ByteWriter(1)
      writer.reserve(3)
      schema.write(writer, value)
      assert.deepEqual(Uint8Array.from(writer.take().subarray(3)), Uint8Array.from(encode(schema, value)))
    }), RUNS)
  })

  test('JSON and back is the same value', () => {
    fc.assert(fc.property(anyCase(), ({ schema, value }) => {
      const json: unknown = JSON.parse(JSON.stringify(toJson(schema, value)))
      assert.deepEqual(plain(fromJson(schema, json)), plain(value))
    }), RUNS)
  })

  test('structs of 0 to 12 fields keep the order of their fields', () => {
    for (let count = 0; count <= 12; count++) {
      const keys = Array.from({ length: count }, (_, i) => `f${i}`)
      const schema = struct(Object.fromEntries(keys.map(key => [key, u8])))
      const value = Object.fromEntries(keys.map((key, i) => [key, i + 1]))
      assert.deepEqual([...encode(schema, value)], keys.map((_, i) => i + 1))
      assert.deepEqual(Object.entries(decode(schema, encode(schema, value))), Object.entries(value))
    }
  })

  test('structs beyond the sites of their length work as the first ones do', () => {
    for (let i = 0; i < 30; i++) {
      const schema = struct({ [`a${i}`]: u8, [`b${i}`]: u64 })
      const value = { [`a${i}`]: i, [`b${i}`]: BigInt(i) }
      assert.deepEqual(decode(schema, encode(schema, value as never)), value)
    }
  })
})
