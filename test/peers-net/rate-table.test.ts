import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { createKeyHash, createRateTable } from '../../src/peers/net/index.ts'
import type { RateTable } from '../../src/peers/net/index.ts'
import { Gcra } from '../../src/protocol/index.ts'

const SECRET = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7)
const hash = createKeyHash(SECRET)
const rate = { count: 100, perMs: 60_000 }
const START = 1_800_000_000_000
/** Spends all a key has at `now`. */
const drain = (table: RateTable, key: string, now: number): void => { while (table.take(key, now)); }
const hex = ({ hi, lo }: { hi: number, lo: number }): string => {
  const bytes = Buffer.alloc(8)
  bytes.writeInt32LE(lo, 0)
  bytes.writeInt32LE(hi, 4)
  return bytes.toString('hex')
}

describe('key hash', () => {
  it('is HalfSipHash-1-3: what the reference implementation gives for 0, 1, 2 … under the key 0..7', () => {
    const known = { 0: '76a5d0212320f72a', 1: '87e8748d6fd33397', 7: '3c052d0ab24cf18f', 52: '85f276512bd30d97', 63: '3c12c4201914c5c1' }
    for (const [length, expected] of Object.entries(known)) assert.equal(hex(hash(Uint8Array.from({ length: Number(length) }, (_, i) => i))), expected, length)
  })

  it('hashes text as its UTF-8 bytes, and every bit of key and secret counts', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 100, maxLength: 300 })), fc.nat(63), (text, bit) => {
      const bytes = Buffer.from(text)
      assert.deepEqual(hash(text), hash(bytes))
      const secret = Uint8Array.from(SECRET)
      secret[bit >> 3] = (secret[bit >> 3] as number) ^ 1 << (bit & 7)
      assert.notDeepEqual(createKeyHash(secret)(text), hash(text))
      assert.notDeepEqual(hash(Buffer.concat([bytes, Buffer.alloc(1)])), hash(text))
    }))
  })

  it('refuses a secret of another length', () => {
    assert.throws(() => createKeyHash(new Uint8Array(7)), { code: 'INVALID_VALUE' })
  })
})

describe('rate table', () => {
  it('decides as one Gcra per key would, whatever is asked in whatever order', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', '12D3KooWx', '12D3KooWy'),
      wait: fc.oneof(fc.constant(0), fc.nat(1500), fc.nat(70_000)),
      cost: fc.oneof(fc.constantFrom(0, 1, 1, 1, 49, 50, 51, 1000, Number.NaN, -1, Infinity), fc.double({ min: 0, max: 60, noNaN: true })),
      hashed: fc.boolean()
    })
    const burst = fc.constantFrom(0, 0.1, 0.5, 1)
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), burst, (steps, burst) => {
      const table = createRateTable({ rate, hash, capacity: 8, burst })
      const single = new Map<string, Gcra>()
      let now = START
      for (const { key, wait, cost, hashed } of steps) {
        now += wait
        const oracle = single.get(key) ?? new Gcra(rate, burst)
        single.set(key, oracle)
        const name = hashed ? hash(key) : key
        assert.equal(table.delay(name, now, cost), oracle.delay(now, cost))
        assert.equal(table.take(name, now, cost), oracle.take(now, cost))
      }
      assert.ok(table.size <= single.size)
    }), { numRuns: 300 })
  })

  it('forgets no key while it has room', () => {
    const table = createRateTable({ rate, hash, capacity: 5000 })
    const keys = Array.from({ length: 5000 }, (_, i) => `peer ${i}`)
    for (const key of keys) table.take(key, START, 50)
    assert.equal(table.size, 5000)
    for (const key of keys) assert.ok(table.delay(key, START) > 0, key)
  })

  it('holds no more keys and no more memory than it was given, whatever ids come', () => {
    const table = createRateTable({ rate, hash, capacity: 1000 })
    for (let i = 0; i < 50_000; i++) {
      table.take(`id ${i}`, START + i / 10, 50)
      if (table.delay(`id ${i}`, START + i / 10) === 0) assert.fail(`id ${i} was not kept`)
    }
    assert.equal(table.size, 1000)
    for (let capacity = 1; capacity < 3000; capacity++) assert.ok(createRateTable({ rate, hash, capacity }).byteLength / capacity <= 64, `${capacity}`)
    assert.ok(createRateTable({ rate, hash, capacity: 1e6 }).byteLength / 1e6 <= 64)
  })

  it('does not free those who owe when a flood of fresh ids fills it', () => {
    const table = createRateTable({ rate, hash, capacity: 1000 })
    const owing = Array.from({ length: 500 }, (_, i) => `owes ${i}`)
    for (const key of owing) drain(table, key, START)
    for (let i = 0; i < 50_000; i++) table.take(`fresh ${i}`, START)
    assert.equal(owing.filter(key => table.delay(key, START) === 0).length, 0)
  })

  it('drops keys that are fully rested before any that is not', () => {
    const table = createRateTable({ rate, hash, capacity: 1000 })
    for (let i = 0; i < 500; i++) table.take(`rested ${i}`, START)
    for (let i = 0; i < 500; i++) table.take(`busy ${i}`, START, 50)
    const later = START + 1000
    for (let i = 0; i < 250; i++) table.take(`new ${i}`, later, 50)
    let lost = 0
    for (let i = 0; i < 500; i++) if (table.delay(`busy ${i}`, later, 50) === 0) lost++
    assert.equal(lost, 0)
  })

  it('refuses a capacity it cannot hold', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 24 + 1]) assert.throws(() => createRateTable({ rate, hash, capacity }), { code: 'INVALID_VALUE' })
  })
})
