import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { TosError } from '../../src/errors/index.ts'
import type { TosErrorCode } from '../../src/errors/index.ts'
import { blob, bool, bytes, decode, encode, i64, option, refine, string, struct, u16, u32, u64, u8, union, vec } from '../../src/wire/index.ts'
import type { Schema } from '../../src/wire/index.ts'
import { anyCase, anySchema } from './arbitraries.ts'

const RUNS = { numRuns: 300, seed: 20_260_102 }
const MIB = 1024 * 1024

function refuses (what: () => unknown, ...codes: TosErrorCode[]): void {
  assert.throws(what, (error: unknown) => {
    assert.ok(error instanceof TosError, `not a TosError: ${String(error)}`)
    assert.ok(codes.length === 0 || codes.includes(error.code), `${error.code}: ${error.message}`)
    assert.ok(error.hint.length > 0)
    return true
  })
}

function withLength (length: bigint, tail: readonly number[] = []): Uint8Array {
  const out = new Uint8Array(8 + tail.length)
  new DataView(out.buffer).setBigUint64(0, length, true)
  out.set(tail, 8)
  return out
}

suite('decoders refuse', () => {
  test('every cut of a valid value', () => {
    fc.assert(fc.property(anyCase(2), ({ schema, value }) => {
      const whole = encode(schema, value)
      for (let cut = 0; cut < whole.length; cut++) refuses(() => decode(schema, whole.subarray(0, cut)), 'TRUNCATED')
    }), { ...RUNS, numRuns: 150 })
  })

  test('a byte too many', () => {
    fc.assert(fc.property(anyCase(), fc.integer({ min: 0, max: 255 }), ({ schema, value }, extra) => {
      refuses(() => decode(schema, Uint8Array.from([...encode(schema, value), extra])), 'TRAILING_BYTES')
    }), RUNS)
  })

  test('random bytes, with nothing but a coded error', () => {
    fc.assert(fc.property(anySchema(), fc.uint8Array({ maxLength: 200 }), ({ schema }, noise) => {
      try {
        decode(schema, noise)
      } catch (error) {
        assert.ok(error instanceof TosError, String(error))
      }
    }), { ...RUNS, numRuns: 1000 })
  })

  test('a flipped byte, or read it as another value that encodes to those bytes', () => {
    fc.assert(fc.property(anyCase(), fc.nat(), fc.integer({ min: 1, max: 255 }), ({ schema, value }, place, flip) => {
      const damaged = Uint8Array.from(encode(schema, value))
      if (damaged.length === 0) return
      damaged[place % damaged.length] = (damaged[place % damaged.length] as number) ^ flip
      let read: unknown
      try {
        read = decode(schema, damaged)
      } catch (error) {
        assert.ok(error instanceof TosError, String(error))
        return
      }
      assert.deepEqual(Uint8Array.from(encode(schema, read)), damaged)
    }), RUNS)
  })

  test('lengths above the cap, before an item is read or a byte allocated', () => {
    let reads = 0
    const megabyte: Schema<Uint8Array> = { ...bytes(MIB), read: r => { reads++; return new Uint8Array(r.takeBytes(MIB)) } }
    const cap = 1000
    const before = process.memoryUsage().arrayBuffers
    for (const length of [cap + 1, 2 ** 31, 2 ** 32 - 1, 2n ** 64n - 1n].map(BigInt)) {
      refuses(() => decode(vec(megabyte, { max: cap }), withLength(length)), 'LENGTH_LIMIT')
      refuses(() => decode(blob(cap), withLength(length)), 'LENGTH_LIMIT')
      refuses(() => decode(string(cap), withLength(length)), 'LENGTH_LIMIT')
      refuses(() => decode(vec(vec(megabyte, { max: cap }), { max: 1 }), Uint8Array.from([...withLength(1n), ...withLength(length)])), 'LENGTH_LIMIT')
    }
    // within the cap, but more than what follows
    refuses(() => decode(vec(megabyte, { max: cap }), withLength(BigInt(cap), [1, 2, 3])), 'TRUNCATED')
    refuses(() => decode(blob(2 ** 32), withLength(2n ** 32n - 1n)), 'TRUNCATED')
    assert.equal(reads, 0)
    assert.ok(process.memoryUsage().arrayBuffers - before < MIB)
  })

  test('lists below their minimum', () => {
    refuses(() => decode(vec(u8, { min: 2, max: 9 }), withLength(1n, [7])), 'INVALID_VALUE')
    assert.deepEqual(decode(vec(u8, { min: 2, max: 9 }), withLength(2n, [7, 8])), [7, 8])
  })

  const rows: Array<[string, Schema<unknown>, Uint8Array, TosErrorCode]> = [
    ['a bool of 2', bool, Uint8Array.of(2), 'INVALID_VALUE'],
    ['an option tag of 2', option(u8), Uint8Array.of(2, 0), 'INVALID_VALUE'],
    ['an unknown variant', union({ a: u8, b: null }), Uint8Array.of(2, 0, 0, 0, 0), 'INVALID_VALUE'],
    ['a variant above the table', union({ a: null }), Uint8Array.of(0, 0, 0, 1), 'INVALID_VALUE'],
    ['overlong UTF-8', string(9), withLength(2n, [0xc0, 0x80]), 'INVALID_UTF8'],
    ['a lone continuation byte', string(9), withLength(2n, [0x61, 0x80]), 'INVALID_UTF8'],
    ['an encoded surrogate', string(9), withLength(3n, [0xed, 0xa0, 0x80]), 'INVALID_UTF8'],
    ['a cut UTF-8 sequence', string(9), withLength(1n, [0xe2]), 'INVALID_UTF8'],
    ['a line feed', string(9), withLength(3n, [0x61, 0x0a, 0x62]), 'INVALID_UTF8'],
    ['a zero character', string(9), withLength(1n, [0]), 'INVALID_UTF8'],
    ['a DEL', string(9), withLength(1n, [0x7f]), 'INVALID_UTF8'],
    ['a C1 control character', string(9), withLength(2n, [0xc2, 0x85]), 'INVALID_UTF8'],
    ['what a rule forbids', refine(u8, value => value > 3 ? 'above 3' : undefined), Uint8Array.of(4), 'INVALID_VALUE']
  ]
  for (const [name, schema, wire, code] of rows) test(name, () => { refuses(() => decode(schema, wire), code) })

  test('no byte order mark: U+FEFF is a character like any other', () => {
    assert.equal(decode(string(9), withLength(3n, [0xef, 0xbb, 0xbf])), '\ufeff')
  })
})

suite('encoders refuse', () => {
  const byte = new Uint8Array(1)
  const row = <T>(name: string, schema: Schema<T>, value: unknown, code: TosErrorCode): void => { test(name, () => { refuses(() => encode(schema, value as T), code) }) }
  row('256 as u8', u8, 256, 'INVALID_VALUE')
  row('-1 as u8', u8, -1, 'INVALID_VALUE')
  row('1.5 as u16', u16, 1.5, 'INVALID_VALUE')
  row('65,536 as u16', u16, 65_536, 'INVALID_VALUE')
  row('2^32 as u32', u32, 2 ** 32, 'INVALID_VALUE')
  row('text as u32', u32, '7', 'INVALID_VALUE')
  for (const schema of [u8, u16, u32]) row(`a bigint as ${schema.shape.kind}`, schema, 7n, 'INVALID_VALUE')
  row('2^64 as u64', u64, 2n ** 64n, 'INVALID_VALUE')
  row('-1 as u64', u64, -1n, 'INVALID_VALUE')
  row('a number as u64', u64, 1, 'INVALID_VALUE')
  row('2^63 as i64', i64, 2n ** 63n, 'INVALID_VALUE')
  row('below -2^63 as i64', i64, -(2n ** 63n) - 1n, 'INVALID_VALUE')
  row('1 as bool', bool, 1, 'INVALID_VALUE')
  row('31 bytes as 32', bytes(32), new Uint8Array(31), 'INVALID_VALUE')
  row('text as bytes', bytes(1), 'a', 'INVALID_VALUE')
  row('nothing as bytes', bytes(1), undefined, 'INVALID_VALUE')
  row('a blob above its cap', blob(0), byte, 'LENGTH_LIMIT')
  row('a list as a blob', blob(9), [1], 'INVALID_VALUE')
  row('a string above its cap', string(3), 'abcd', 'LENGTH_LIMIT')
  row('a string above its cap in bytes only', string(3), 'äö', 'LENGTH_LIMIT')
  row('a tab', string(9), 'a\tb', 'INVALID_UTF8')
  row('a lone surrogate', string(9), 'a\ud800', 'INVALID_UTF8')
  row('a number as a string', string(9), 5, 'INVALID_VALUE')
  row('a list above its cap', vec(u8, { max: 1 }), [1, 2], 'LENGTH_LIMIT')
  row('a list below its minimum', vec(u8, { min: 1, max: 2 }), [], 'INVALID_VALUE')
  row('bytes as a list', vec(u8, { max: 9 }), byte, 'INVALID_VALUE')
  row('an unknown variant', union({ a: null }), { type: 'b' }, 'INVALID_VALUE')
  row('nothing as a union', union({ a: null }), null, 'INVALID_VALUE')
  row('nothing as a struct', struct({ a: u8 }), undefined, 'INVALID_VALUE')
  row('a missing field', struct({ a: u64 }), {}, 'INVALID_VALUE')
  row('what a rule forbids', refine(u8, value => value > 3 ? 'above 3' : undefined), 4, 'INVALID_VALUE')
  row('a malformed value under a rule', refine(struct({ list: vec(u8, { max: 1 }) }), ({ list }) => list.length === 1 ? undefined : 'one'), {}, 'INVALID_VALUE')
})
