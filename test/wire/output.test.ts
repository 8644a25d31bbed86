import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { blob, bytes, decode, encode, refine, string, struct, u32, vec } from '../../src/wire/index.ts'

const numbered = struct({ n: u32, fill: bytes(20) })
const sized = blob(64 * 1024 * 1024)

suite('encoded bytes', () => {
  test('small results share memory but never bytes: 10,000 of them all stay what they were', () => {
    const results = Array.from({ length: 10_000 }, (_, n) => encode(numbered, { n, fill: new Uint8Array(20).fill(n) }))
    results.forEach((result, n) => {
      assert.equal(result.length, 24)
      assert.deepEqual(decode(numbered, result), { n, fill: new Uint8Array(20).fill(n) })
    })
  })

  test('writing past a small result is impossible', () => {
    const first = encode(numbered, { n: 1, fill: new Uint8Array(20) })
    const second = encode(numbered, { n: 2, fill: new Uint8Array(20) })
    first.fill(0xff)
    assert.equal(decode(numbered, second).n, 2)
  })

  test('large results of mixed sizes stay what they were', () => {
    const sizes = [0, 5_000, 70_000, 300_000, 299_999, 12, 1_000_000, 350_000, 20_000_000, 4_000, 900_000]
    const results = sizes.map((size, n) => encode(sized, new Uint8Array(size).fill(n + 1)))
    results.forEach((result, n) => {
      assert.equal(result.length, 8 + (sizes[n] as number))
      assert.ok(decode(sized, result).every(byte => byte === n + 1))
    })
  })

  test('a large result keeps at most a third more memory than it has bytes', () => {
    encode(sized, new Uint8Array(500_000))
    for (const size of [500_000, 510_000, 380_000, 120_000]) {
      const result = encode(sized, new Uint8Array(size))
      assert.ok(result.buffer.byteLength <= result.length * 4 / 3 + 1, `${result.buffer.byteLength} for ${result.length}`)
    }
  })

  test('a rule may itself encode something', () => {
    const inner = encode(numbered, { n: 7, fill: new Uint8Array(20) })
    for (const outer of [struct({ a: u32, b: refine(u32, nested), c: u32 }), struct({ a: u32, b: refine(u32, nested), c: u32, d: blob(1_000_000) })]) {
      const value = { a: 1, b: 2, c: 3, d: Uint8Array.of(9) }
      const wire = encode(outer, value)
      assert.deepEqual([...wire.subarray(0, 12)], [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0])
    }
    function nested (): undefined {
      assert.deepEqual(encode(numbered, { n: 7, fill: new Uint8Array(20) }), Buffer.from(inner))
    }
  })

  test('a refused value leaves no bytes behind', () => {
    const list = vec(string(8), { max: 3 })
    for (let i = 0; i < 100; i++) {
      assert.throws(() => encode(list, ['good', 'bad\n']), { code: 'INVALID_UTF8' })
      assert.throws(() => encode(sized, 'x' as never), { code: 'INVALID_VALUE' })
    }
    assert.deepEqual(decode(list, encode(list, ['good'])), ['good'])
    assert.deepEqual([...encode(sized, Uint8Array.of(5))], [1, 0, 0, 0, 0, 0, 0, 0, 5])
  })

  test('decoded bytes are views: they change with the message', () => {
    const wire = Uint8Array.from(encode(numbered, { n: 1, fill: new Uint8Array(20) }))
    const { fill } = decode(numbered, wire)
    wire[4] = 0xaa
    assert.equal(fill[0], 0xaa)
  })
})
