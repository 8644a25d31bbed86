import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { blob, bool, bytes, fromHex, fromJson, i64, option, string, struct, toHex, toJson, u64, u8, union, vec } from '../../src/wire/index.ts'
import type { Schema } from '../../src/wire/index.ts'

const query = union({ byHash: vec(bytes(2), { max: 4 }), tips: null })
const everything = struct({ requestId: u64, at: i64, ok: bool, level: u8, hash: bytes(2), body: blob(9), userAgent: string(9), proof: option(u8), query })

suite('JSON form', () => {
  test('names in snake_case, 64-bit integers as decimal strings, bytes as hex, unit variants as a string', () => {
    const value = {
      requestId: 2n ** 64n - 1n, at: -5n, ok: true, level: 3, hash: Uint8Array.of(0xab, 1), body: new Uint8Array(0), userAgent: 'x', proof: null, query: { type: 'tips' as const }
    }
    const json = { request_id: '18446744073709551615', at: '-5', ok: true, level: 3, hash: 'ab01', body: '', user_agent: 'x', proof: null, query: 'tips' }
    assert.deepEqual(toJson(everything, value), json)
    assert.deepEqual(toJson(everything, fromJson(everything, json)), json)
    assert.deepEqual(toJson(query, { type: 'byHash', value: [Uint8Array.of(0xab, 1)] }), { by_hash: ['ab01'] })
  })

  test('64-bit integers may also be safe numbers', () => { assert.equal(fromJson(u64, 7), 7n) })

  const refused: Array<[string, Schema<unknown>, unknown]> = [
    ['an unknown field', struct({ a: u8 }), { a: 1, b: 2 }], ['a missing field', struct({ a: u8 }), {}], ['a list as a struct', struct({ a: u8 }), [1]],
    ['camelCase', struct({ userAgent: u8 }), { userAgent: 1 }], ['a fraction as u64', u64, 1.5], ['an unsafe number as u64', u64, 2 ** 53], ['hex as u64', u64, '0x10'],
    ['a string as u8', u8, '1'], ['odd hex', blob(9), 'abc'], ['other letters than hex', blob(9), 'zz'], ['hex of another length', bytes(2), 'ab'], ['a number as bytes', bytes(2), 5],
    ['text as bool', bool, 'true'], ['a number as string', string(9), 5], ['an object as list', vec(u8, { max: 2 }), {}], ['an unknown variant', query, 'all'],
    ['a value for a unit variant', query, { tips: 1 }], ['two variants', query, { tips: 1, by_hash: [] }], ['a variant without its value', query, 'by_hash'], ['nothing', u8, undefined]
  ]
  for (const [name, schema, json] of refused) {
    test(`refuses ${name}`, () => { assert.throws(() => fromJson(schema, json), { name: 'TosError', code: 'INVALID_VALUE' }) })
  }

  test('what is out of range is refused where it stands', () => {
    const rows: Array<[Schema<unknown>, unknown, string, RegExp]> = [
      [struct({ peers: vec(struct({ port: u8 }), { max: 2 }) }), { peers: [{ port: 1 }, { port: -1 }] }, 'INVALID_VALUE', /^\$\.peers\[1\]\.port: -1 is not a u8, 0 to 255$/],
      [struct({ a: u64 }), { a: '18446744073709551616' }, 'INVALID_VALUE', /^\$\.a: /], [struct({ a: i64 }), { a: '9223372036854775808' }, 'INVALID_VALUE', /^\$\.a: /],
      [struct({ a: u8 }), { a: 1.5 }, 'INVALID_VALUE', /^\$\.a must be a whole number/], [struct({ a: bytes(2) }), { a: 'zz' }, 'INVALID_VALUE', /^\$\.a must be 2 bytes of hexadecimal/],
      [struct({ a: string(2) }), { a: 'äö' }, 'LENGTH_LIMIT', /^\$\.a: string of 4 exceeds/], [struct({ a: blob(1) }), { a: '0102' }, 'LENGTH_LIMIT', /^\$\.a: blob of 2/],
      [struct({ a: vec(u8, { min: 1, max: 2 }) }), { a: [] }, 'INVALID_VALUE', /^\$\.a: list of 0/], [struct({ a: vec(u8, { max: 2 }) }), { a: [1, 2, 3] }, 'LENGTH_LIMIT', /^\$\.a: list of 3/]
    ]
    for (const [schema, json, code, message] of rows) assert.throws(() => fromJson(schema, json), { code, message })
  })

  test('hex is lower case, reads either, and is strict', () => {
    assert.equal(toHex(Uint8Array.of(0xAB, 0)), 'ab00')
    assert.deepEqual([...fromHex('Ab00')], [0xab, 0])
    assert.throws(() => fromHex('ab', 2), { code: 'INVALID_VALUE' })
  })
})
