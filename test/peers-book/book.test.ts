import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SERVICE } from '../../protocols/services.ts'
import type { AddressBook } from '../../src/peers/book/index.ts'
import { address, DAY, ip, memoryStore, MINUTE, NOW, peer, testBook } from './book-fixture.ts'

const shareable = { services: SERVICE.shareable | SERVICE.blocks, nodeType: 0 }

describe('the address book', () => {
  it('takes hints, and says by code why it refuses others', () => {
    const book = testBook(1)
    const result = book.add([
      { address: address(1, 1) }, { address: `${address(1, 1)}/p2p/${peer(0)}` }, { address: '/ip4/10.0.0.1/tcp/1' }, { address: 'nonsense' },
      { address: address(1, 2), lastSeen: NOW - 31 * DAY }, { address: address(1, 3), lastSeen: NOW + 11 * MINUTE }
    ], ip(2, 1), NOW)
    assert.deepEqual(result, { added: 1, known: 1, refused: { ADDRESS_NOT_PUBLIC: 1, ADDRESS_UNUSABLE: 1, ADDRESS_STALE: 2 } })
    assert.equal(book.get(address(1, 1))?.source, '11.2.0.0/16')
  })

  it('takes private addresses on a private network', () => {
    assert.equal(testBook(1, { publicOnly: false }).add([{ address: '/ip4/127.0.0.1/tcp/1' }], 'mdns', NOW).added, 1)
  })

  it('an entry is a hint without a peer until a dial proves who answers', () => {
    const book = testBook(1)
    book.add([{ address: `${address(1, 1)}/p2p/${peer(0)}`, ...shareable }], ip(2, 1), NOW)
    assert.equal(book.get(address(1, 1))?.peer, undefined)
    assert.equal(book.get(address(1, 1))?.table, 'new')
    assert.deepEqual(book.good(address(1, 1), peer(1), NOW), { table: 'tried' })
    assert.equal(book.get(address(1, 1))?.peer, peer(1))
    assert.deepEqual(book.good(address(1, 1), peer(2), NOW), { table: 'tried', was: peer(1) })
  })

  it('what others say does not change what a peer told us itself', () => {
    const book = testBook(1)
    book.good(address(1, 1), peer(1), NOW, { services: 1n, nodeType: 2 })
    book.add([{ address: address(1, 1), services: 0xffn, nodeType: 3 }], ip(2, 1), NOW + DAY)
    const { services, nodeType } = book.get(address(1, 1)) ?? {}
    assert.deepEqual({ services, nodeType }, { services: 1n, nodeType: 2 })
  })

  it('keeps peers whose id is no Ed25519 key', () => {
    const store = memoryStore()
    const book = testBook(1, { store })
    const rsa = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'
    book.good(address(1, 1), rsa, NOW)
    book.save()
    assert.equal(testBook(1, { store }).get(address(1, 1))?.peer, rsa)
    assert.deepEqual(book.good(address(1, 2), 'no peer id', NOW), {})
  })

  it('our own outage is nobody’s fault: failures count once between two successes', () => {
    const book = testBook(1)
    book.add([{ address: address(1, 1) }], ip(2, 1), NOW)
    const fail = (at: number) => {
      book.failed(address(1, 1), at)
      return book.get(address(1, 1))?.failures
    }
    assert.deepEqual([1, 2, 3, 4, 5].map(i => fail(NOW + i)), [0, 0, 0, 0, 0])
    book.good(address(2, 1), peer(1), NOW + 10)
    assert.deepEqual([11, 12].map(i => fail(NOW + i)), [1, 1])
    book.good(address(2, 1), peer(1), NOW + 20)
    assert.equal(fail(NOW + 21), 2)
  })

  it('drops a hint at its third failure, and a proven one at its tenth in a week without success', () => {
    const book = testBook(1)
    book.add([{ address: address(1, 1) }], ip(2, 1), NOW)
    book.good(address(3, 1), peer(2), NOW)
    const failAfter = (text: string, at: number) => {
      book.good(address(2, 1), peer(1), at)
      book.failed(text, at + 1)
    }
    for (let i = 1; i <= 2; i++) failAfter(address(1, 1), NOW + i * MINUTE)
    assert.equal(book.get(address(1, 1))?.failures, 2)
    failAfter(address(1, 1), NOW + 3 * MINUTE)
    assert.equal(book.get(address(1, 1)), undefined)
    for (let i = 1; i <= 10; i++) failAfter(address(3, 1), NOW + i * DAY / 2)
    assert.equal(book.get(address(3, 1))?.failures, 10, 'five days: still kept')
    failAfter(address(3, 1), NOW + 8 * DAY)
    assert.equal(book.get(address(3, 1)), undefined)
  })

  it('age alone drops nothing: a node that was off for two months still has peers to dial', () => {
    const store = memoryStore()
    const book = testBook(1, { store })
    book.good(address(1, 1), peer(1), NOW)
    book.save()
    const later = testBook(2, { store })
    assert.equal(later.pick({}, NOW + 60 * DAY)?.address, address(1, 1))
  })
})

describe('test before evict', () => {
  /** A book in which the incumbent (known for a day) stands where a challenger wants to. */
  function collision (): { book: AddressBook, incumbent: string, challenger: string, now: number } {
    const book = testBook(7)
    const now = NOW + DAY
    for (let host = 1; host < 200; host++) book.good(address(1, host), peer(host), NOW)
    for (let host = 1000; host < 4000; host++) {
      const { test } = book.good(address(1, host), peer(host), now)
      if (test !== undefined) return { book, ...test, now }
    }
    throw new Error('no two addresses met')
  }

  it('orders a dial of the incumbent, and leaves both where they are', () => {
    const { book, incumbent, challenger, now } = collision()
    assert.equal(book.get(incumbent)?.table, 'tried')
    assert.equal(book.get(challenger)?.table, 'new')
    const order = book.feeler(now)
    assert.equal(order?.kind, 'test')
    assert.equal(order?.entry.address, incumbent)
  })
  it('an incumbent that answers stays', () => {
    const { book, incumbent, challenger, now } = collision()
    book.good(incumbent, peer(1), now)
    book.failed(incumbent, now + 1)
    assert.equal(book.get(incumbent)?.table, 'tried')
    assert.equal(book.get(challenger)?.table, 'new')
    assert.equal(book.counts().tests, 0)
  })
  it('an incumbent that fails gives its place to the challenger', () => {
    const { book, incumbent, challenger, now } = collision()
    book.failed(incumbent, now + 1)
    assert.equal(book.get(challenger)?.table, 'tried')
    assert.notEqual(book.get(incumbent)?.table, 'tried')
  })
  it('a failure while nothing of ours succeeds evicts nobody', () => {
    const { book, incumbent, now } = collision()
    book.failed(incumbent, now + 11 * MINUTE)
    assert.equal(book.get(incumbent)?.table, 'tried')
  })
  it('an order nobody carries out lapses after 40 min, and the incumbent stays', () => {
    const { book, incumbent, now } = collision()
    assert.equal(book.feeler(now + 41 * MINUTE)?.kind, 'feeler')
    assert.equal(book.get(incumbent)?.table, 'tried')
    assert.equal(book.counts().tests, 0)
  })
  it('an incumbent that answered within 4 h is not troubled, and at most 10 tests wait', () => {
    const fresh = testBook(7)
    for (let host = 1; host < 600; host++) assert.equal(fresh.good(address(host % 9, host), peer(host), NOW).test, undefined)
    for (let host = 600; host < 1200; host++) fresh.good(address(host % 9, host), peer(host), NOW + DAY)
    assert.equal(fresh.counts().tests, 10)
  })
})

describe('feelers and picks', () => {
  it('gives one hint of `new` every two minutes', () => {
    const book = testBook(3)
    assert.equal(book.feeler(NOW), undefined)
    book.add([{ address: address(1, 1) }], ip(2, 1), NOW)
    assert.equal(book.feeler(NOW)?.entry.address, address(1, 1))
    assert.equal(book.feeler(NOW + 2 * MINUTE - 1), undefined)
    assert.equal(book.feeler(NOW + 2 * MINUTE)?.kind, 'feeler')
    assert.equal(book.feeler(NOW - DAY)?.kind, 'feeler', 'a clock set back does not stop them')
  })

  it('respects excluded addresses, peers, groups and sources, and `newOnly`, however little is left', () => {
    const book = testBook(4)
    for (let i = 0; i < 300; i++) book.add([{ address: address(i, 1) }], ip(500 + i % 10, 1), NOW)
    for (let i = 0; i < 20; i++) book.good(address(i, 1), peer(i), NOW)
    const all = [...book.entries()]
    for (const last of [all[0], all[5], all.at(-1)]) {
      const others = all.filter(entry => entry !== last)
      assert.equal(book.pick({ exclude: new Set(others.map(entry => entry.address)) }, NOW)?.address, last?.address)
      assert.equal(book.pick({ groups: new Set(others.map(entry => entry.group)) }, NOW)?.address, last?.address)
    }
    const peers = new Set(Array.from({ length: 20 }, (_, i) => peer(i)))
    const sources = new Set(Array.from({ length: 9 }, (_, i) => `12.${500 + i - 256}.0.0/16`))
    for (let i = 0; i < 100; i++) {
      assert.equal(book.pick({ newOnly: true }, NOW)?.table, 'new')
      assert.equal(book.pick({ exclude: peers }, NOW)?.peer, undefined)
      assert.equal(book.pick({ sources }, NOW)?.source, '12.253.0.0/16')
    }
    assert.equal(book.pick({ exclude: new Set(all.map(entry => entry.address)) }, NOW), undefined)
  })

  it('a failing entry, or one just dialled, is picked less often', () => {
    const book = testBook(5)
    for (let i = 0; i < 3; i++) book.good(address(i, 1), peer(i), NOW - DAY)
    book.attempt(address(1, 1), NOW)
    for (let i = 0; i < 4; i++) {
      book.good(address(0, 1), peer(0), NOW - DAY + 2 * i)
      book.failed(address(2, 1), NOW - DAY + 2 * i + 1)
    }
    const counts = new Map<string, number>()
    for (let i = 0; i < 2000; i++) {
      const { address: text } = book.pick({}, NOW) ?? { address: '' }
      counts.set(text, (counts.get(text) ?? 0) + 1)
    }
    const [healthy = 0, dialled = 0, failing = 0] = [0, 1, 2].map(i => counts.get(address(i, 1)))
    assert.ok(healthy > 3 * failing && failing > dialled && dialled < 200, `${healthy} ${failing} ${dialled}`)
  })
})

describe('anchors', () => {
  it('are saved at once when they change, given out once, and gone from the file then', () => {
    const store = memoryStore()
    const book = testBook(1, { store })
    const two = [{ address: address(1, 1), peer: peer(1) }, { address: address(2, 1), peer: peer(2) }]
    book.setAnchors(two)
    book.setAnchors(two)
    assert.equal(store.saves, 1)
    const next = testBook(2, { store })
    assert.deepEqual(next.takeAnchors(), two)
    assert.deepEqual(next.takeAnchors(), [])
    assert.deepEqual(testBook(3, { store }).takeAnchors(), [])
  })
  it('are two at most', () => {
    const book = testBook(1)
    book.setAnchors([1, 2, 3].map(i => ({ address: address(i, 1), peer: peer(i) })))
    assert.equal(book.takeAnchors().length, 2)
  })
  it('survive a store that cannot be written: the failure is a coded problem', () => {
    const store = { load: () => undefined, save: () => { throw new Error('disk full') } }
    const book = testBook(1, { store })
    book.setAnchors([{ address: address(1, 1), peer: peer(1) }])
    assert.equal(book.problem?.code, 'BOOK_NOT_SAVED')
    assert.equal(book.dirty, true)
    assert.equal(book.takeAnchors().length, 1)
    assert.throws(() => book.save(), { code: 'BOOK_NOT_SAVED' })
  })
})

describe('what peer exchange may tell', () => {
  const reached = (book: AddressBook, count: number, now = NOW): void => {
    for (let i = 0; i < count; i++) book.good(address(i, 1), peer(i), now, shareable)
  }

  it('only shareable peers we reached within a day, and those the caller allows', () => {
    const book = testBook(1)
    book.add([{ address: address(100, 1), ...shareable }], ip(2, 1), NOW)
    book.good(address(101, 1), peer(1), NOW, { services: SERVICE.blocks })
    book.good(address(102, 1), peer(2), NOW - DAY - 1, shareable)
    book.good(address(103, 1), peer(3), NOW, shareable)
    book.good(address(104, 1), peer(4), NOW, shareable)
    assert.deepEqual(book.sample(16, entry => entry.address !== address(104, 1), NOW).map(entry => entry.address), [address(103, 1)])
  })
  it('at least 8 of a small book, at most 23 %', () => {
    const small = testBook(1)
    reached(small, 12)
    assert.equal(small.sample(16, () => true, NOW).length, 8)
    const book = testBook(1)
    reached(book, 100)
    assert.equal(book.counts().entries, 100)
    assert.equal(book.sample(1000, () => true, NOW).length, 23)
    assert.equal(book.sample(16, () => true, NOW).length, 16)
  })
  it('from 1,000 entries on the same 23 % for a whole day, however often one asks', () => {
    const book = testBook(1)
    reached(book, 1200)
    const size = book.counts().entries
    const told = new Set<string>()
    assert.ok(size >= 1000)
    const ask = (now: number): void => { for (const entry of book.sample(16, () => true, now)) told.add(entry.address) }
    for (let i = 0; i < 600; i++) ask(NOW)
    assert.equal(told.size, Math.floor(size * 0.23))
    reached(book, 1200, NOW + DAY - 1)
    for (let i = 0; i < 100; i++) ask(NOW + DAY - 1)
    assert.equal(told.size, Math.floor(size * 0.23))
    for (let i = 0; i < 100; i++) ask(NOW + DAY)
    assert.ok(told.size > size * 0.3, 'the next day it is another list')
  })
})
