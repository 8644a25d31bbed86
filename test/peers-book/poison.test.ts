import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { address, ip, NOW, peer, seeded, testBook } from './book-fixture.ts'

/** One in `SAMPLE` of a million hints: which ones is up to the seed. */
const HINTS = 1_000_000
const SAMPLE = 50

describe('one source that tells a million addresses', () => {
  it('stays within its 64 buckets, and neither tried nor the hints of others suffer', t => {
    const book = testBook(21)
    for (let i = 0; i < 100; i++) book.good(address(2000 + i, 1), peer(i), NOW)
    for (let i = 0; i < 3000; i++) book.add([{ address: address(3000 + i, 1) }], ip(7000 + i % 50, 1), NOW)
    const tried = (): string[] => [...book.entries()].filter(entry => entry.table === 'tried').map(entry => entry.address)
    const others = (): number => [...book.entries()].filter(entry => entry.table === 'new' && entry.source !== '11.1.0.0/16').length
    const before = { tried: tried(), others: others() }
    const random = seeded(5)
    for (let i = 0; i < HINTS; i += SAMPLE) {
      const n = i + Math.floor(random() * SAMPLE)
      book.add([{ address: address(9000 + n % 9000, n) }], ip(1, n), NOW)
    }
    const his = [...book.entries()].filter(entry => entry.source === '11.1.0.0/16').length
    t.diagnostic(`${his} of his hints kept; ${book.counts().entries} entries`)
    assert.ok(his <= 64 * 64)
    assert.ok(his > 2000, 'the flood was one')
    assert.deepEqual(tried(), before.tried)
    assert.equal(others(), before.others)
  })

  it('fills a full book with itself only: the source with most places gives way, and 8 sources push nobody out', () => {
    const book = testBook(22, { maxEntries: 3000 })
    for (let i = 0; i < 2000; i++) book.add([{ address: address(3000 + i, 1) }], ip(7000 + i % 500, 1), NOW)
    const honest = (): number => [...book.entries()].filter(({ source }) => !source.startsWith('11.')).length
    const before = honest()
    for (let i = 0; i < 8000; i++) book.add([{ address: address(9000 + i % 5000, i) }], ip(i % 8, 1), NOW)
    assert.equal(book.counts().entries, 3000)
    assert.ok(honest() >= before * 0.99, `${honest()} of ${before}`)
  })

  it('is picked from as often as one source of many', () => {
    const book = testBook(23)
    for (let i = 0; i < 900; i++) book.add([{ address: address(3000 + i, 1) }], ip(7000 + i % 9, 1), NOW)
    for (let i = 0; i < 4000; i++) book.add([{ address: address(9000 + i % 5000, i) }], ip(1, 1), NOW)
    let his = 0
    for (let i = 0; i < 2000; i++) if (book.pick({ newOnly: true }, NOW)?.source === '11.1.0.0/16') his++
    assert.ok(his < 2000 * 0.14, `${his} of 2000 picks`)
  })
})
