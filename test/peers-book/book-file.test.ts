import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import * as fc from '../support/fast-check.ts'
import type { AddressBook } from '../../src/peers/book/index.ts'
import { address, ip, memoryStore, MINUTE, NOW, peer, seeded, testBook } from './book-fixture.ts'

/** Everything a book says about itself, in the whole seconds a file keeps. */
const image = (book: AddressBook): unknown[] => Array.from(book.entries(), entry => Object.entries(entry))

function filled (): ReturnType<typeof memoryStore> & { book: AddressBook } {
  const store = memoryStore()
  const book = testBook(1, { store })
  for (let i = 0; i < 40; i++) book.add([{ address: address(i, 1), services: 3n, nodeType: 2 }, { address: `/ip6/2a00:${i + 1}::1/udp/9/quic-v1` }], ip(90 + i % 5, 1), NOW)
  book.add([{ address: '/dns4/node.example.org/tcp/443/wss' }], 'dns:seed.example', NOW)
  // a second source gives some a second place
  for (let i = 0; i < 40; i++) book.add([{ address: address(i, 1) }], ip(200, 1), NOW)
  for (let i = 0; i < 9; i++) book.good(address(i, 1), peer(i), NOW + MINUTE)
  book.failed(address(20, 1), NOW + 2 * MINUTE)
  book.setAnchors([{ address: address(1, 1), peer: peer(1) }])
  book.save()
  return Object.assign(store, { book })
}
/** The bytes with a digest that fits. */
const sealed = (bytes: Uint8Array): Uint8Array => {
  const body = bytes.slice(0, -32)
  return Uint8Array.from([...body, ...createHash('sha256').update(body).digest()])
}

describe('the file of the book', () => {
  it('comes back as it was: entries, places, anchors and the secret key', () => {
    const { book, bytes } = filled()
    const store = memoryStore(bytes)
    const again = testBook(2, { store })
    assert.equal(again.problem, undefined)
    assert.deepEqual(image(again), image(book))
    assert.deepEqual(again.counts(), book.counts())
    again.save()
    assert.deepEqual(store.bytes, bytes)
  })

  it('no file is an empty book and no problem; a store that cannot be read is one', () => {
    assert.equal(testBook(1).problem, undefined)
    const book = testBook(1, { store: { load: () => { throw new Error('EACCES') }, save: () => undefined } })
    assert.equal(book.problem?.code, 'BOOK_DAMAGED')
  })

  it('every damaged byte and every cut is found: an empty book that works, and a coded problem', () => {
    const bytes = filled().bytes as Uint8Array
    const check = (bad: Uint8Array): void => {
      const book = testBook(3, { store: memoryStore(bad) })
      assert.equal(book.problem?.code, 'BOOK_DAMAGED')
      assert.equal(book.counts().entries, 0)
      assert.deepEqual(book.takeAnchors(), [])
    }
    const random = seeded(9)
    for (let i = 0; i < 60; i++) {
      const bad = bytes.slice()
      const at = Math.floor(random() * bad.length)
      bad[at] = (bad[at] as number) ^ 1 << Math.floor(random() * 8)
      check(bad)
      check(bytes.slice(0, Math.floor(random() * bytes.length)))
    }
    const book = testBook(3, { store: memoryStore(bytes.slice(1)) })
    assert.equal(book.add([{ address: address(1, 1) }], 'dht', NOW).added, 1)
  })

  it('no bytes make a start throw, even with a digest that fits', () => {
    const bytes = filled().bytes as Uint8Array
    fc.assert(fc.property(fc.nat(bytes.length - 33), fc.integer({ min: 0, max: 255 }), (at, value) => {
      const bad = bytes.slice()
      bad[at] = value
      const book = testBook(3, { store: memoryStore(sealed(bad)) })
      assert.ok(book.problem === undefined || ['BOOK_DAMAGED', 'BOOK_FULL'].includes(book.problem.code), String(book.problem))
      for (const entry of book.entries()) assert.ok(entry.peer === undefined || typeof entry.peer === 'string')
    }), { seed: 4, numRuns: 120 })
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), random => {
      assert.equal(testBook(3, { store: memoryStore(sealed(Uint8Array.from([...bytes.slice(0, 40), ...random]))) }).problem?.code, 'BOOK_DAMAGED')
    }), { seed: 5, numRuns: 60 })
  })

  it('a count that the file cannot hold allocates nothing', () => {
    const bytes = (filled().bytes as Uint8Array).slice()
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(40, 0xffffffff, true)
    const { problem } = testBook(3, { store: memoryStore(sealed(bytes)) })
    assert.equal(problem?.details?.['reason'], 'count')
  })

  it('names a file of a newer version as such', () => {
    const bytes = (filled().bytes as Uint8Array).slice()
    bytes[4] = 2
    assert.equal(testBook(3, { store: memoryStore(bytes) }).problem?.details?.['reason'], 'version')
  })

  it('leaves out, and says so, what smaller limits or a public network do not allow', () => {
    const { bytes } = filled()
    const small = testBook(2, { store: memoryStore(bytes), maxEntries: 10 })
    assert.equal(small.counts().entries, 10)
    assert.equal(small.problem?.code, 'BOOK_FULL')
    const store = memoryStore()
    const home = testBook(2, { store, publicOnly: false })
    home.add([{ address: '/ip4/10.0.0.1/tcp/1' }, { address: address(1, 1) }], 'mdns', NOW)
    home.save()
    assert.deepEqual([...testBook(2, { store }).entries()].map(entry => entry.address), [address(1, 1)])
  })
})

describe('size', () => {
  it('20,000 entries take at most 1.5 MiB', t => {
    const store = memoryStore()
    const book = testBook(1, { store })
    for (let i = 0; i < 28_000; i++) book.add([{ address: address(i % 9000, i) }], ip((i * 7919) % 3000, 1), NOW)
    for (let i = 0; i < 28_000 && book.counts().tried < 6000; i++) if (book.get(address(i % 9000, i)) !== undefined) book.good(address(i % 9000, i), peer(i), NOW)
    assert.ok(book.counts().entries >= 19_990, `${book.counts().entries}`)
    book.save()
    const size = store.bytes?.length ?? 0
    assert.ok(size <= 1.5 * 2 ** 20, `${size}`)
    // the running count never says less than the file takes
    assert.ok(book.counts().bytes >= size && book.counts().bytes - size <= 1024, `${book.counts().bytes} ${size}`)
    const start = performance.now()
    const again = testBook(1, { store })
    t.diagnostic(`${again.counts().entries} entries (${again.counts().tried} tried): ${size} bytes, loaded in ${(performance.now() - start).toFixed(0)} ms`)
    assert.deepEqual(again.counts(), book.counts())
  })

  it('the limit in bytes holds for the largest entries too', () => {
    const store = memoryStore()
    const book = testBook(1, { store, maxBytes: 100_000 })
    const name = (i: number): string => `${`${'x'.repeat(50)}.`.repeat(4)}n${i}.org`
    for (let i = 0; i < 1500; i++) book.add([{ address: `/dns4/${name(i)}/tcp/1` }], ip(i, 1), NOW)
    assert.ok(book.counts().entries > 200)
    for (let i = 0; i < 1500; i++) {
      book.good(`/dns4/${name(i)}/tcp/1`, peer(i), NOW)
      assert.ok(book.counts().bytes <= 100_000)
    }
    book.save()
    assert.ok((store.bytes?.length ?? Infinity) <= 100_000)
  })

  it('the counts agree with the entries after any mix of operations', () => {
    const step = fc.tuple(fc.constantFrom('add', 'good', 'failed', 'feeler'), fc.nat(60), fc.nat(20))
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const store = memoryStore()
      const book = testBook(6, { store, maxEntries: 25 })
      for (const [i, [what, host, source]] of steps.entries()) {
        const now = NOW + i * 1000
        if (what === 'add') book.add([{ address: address(host % 7, host) }], ip(300 + source, 1), now)
        else if (what === 'good') book.good(address(host % 7, host), peer(host), now)
        else if (what === 'failed') book.failed(address(host % 7, host), now)
        else book.feeler(now)
        assert.ok(book.counts().entries <= 25)
      }
      book.save()
      const again = testBook(6, { store })
      assert.deepEqual(again.counts(), { ...book.counts(), tests: 0 })
      assert.equal([...book.entries()].length, book.counts().entries)
    }), { seed: 8, numRuns: 40 })
  })
})
