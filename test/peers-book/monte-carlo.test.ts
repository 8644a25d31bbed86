import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { bookAddress } from '../../src/peers/book/book-address.ts'
import type { BookAddress } from '../../src/peers/book/book-address.ts'
import { BUCKET_SIZE, createPlacement, NEW_BUCKETS, TRIED_BUCKETS } from '../../src/peers/book/placement.ts'
import { address, ip, NOW, peer, seeded, testBook } from './book-fixture.ts'

const book = (text: string): BookAddress => bookAddress(text) as BookAddress
const triedLine = (groups: number): number => 1 - (1 - 8 / TRIED_BUCKETS) ** groups
const newLine = (groups: number): number => 1 - (1 - 64 / NEW_BUCKETS) ** groups
const keyOf = (seed: number): Uint8Array => {
  const random = seeded(seed)
  return Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256))
}

describe('E2: buckets an attacker with G groups can reach', () => {
  it('one address group reaches at most 8 buckets of tried, one source group at most 64 of new, under any key', () => {
    for (let seed = 0; seed < 5; seed++) {
      const { newSlot, triedSlot } = createPlacement(keyOf(seed))
      const tried = new Set(Array.from({ length: 300 }, (_, host) => triedSlot(book(address(5, host))) / BUCKET_SIZE | 0))
      const fresh = new Set(Array.from({ length: 1500 }, (_, i) => newSlot(book(address(i, 1)), '11.9.0.0/16') / BUCKET_SIZE | 0))
      assert.ok(tried.size <= 8 && tried.size > 4, `${tried.size}`)
      assert.ok(fresh.size <= 64 && fresh.size > 50, `${fresh.size}`)
    }
  })
  it('all DNS names together reach no more of tried than one network group', () => {
    const { triedSlot } = createPlacement(keyOf(1))
    const buckets = new Set(Array.from({ length: 300 }, (_, i) => triedSlot(book(`/dns4/a${i}.b${i}.com/tcp/1`)) / BUCKET_SIZE | 0))
    assert.ok(buckets.size <= 8)
  })

  for (const groups of [1, 4, 8]) {
    it(`mean share over keys, G = ${groups}: tried ≤ ${triedLine(groups).toFixed(4)}, new ≤ ${newLine(groups).toFixed(4)}`, t => {
      const keys = 30
      let tried = 0
      let fresh = 0
      for (let seed = 0; seed < keys; seed++) {
        const { newSlot, triedSlot } = createPlacement(keyOf(1000 * groups + seed))
        const reachedTried = new Set<number>()
        const reachedNew = new Set<number>()
        for (let group = 0; group < groups; group++) {
          for (let host = 0; host < 40; host++) reachedTried.add(triedSlot(book(address(group, host))) / BUCKET_SIZE | 0)
          // an attacker's hints name whatever they like: 100 groups for each source of his
          for (let i = 0; i < 100; i++) reachedNew.add(newSlot(book(address(500 + i, 1)), `11.${group}.0.0/16`) / BUCKET_SIZE | 0)
        }
        tried += reachedTried.size / TRIED_BUCKETS / keys
        fresh += reachedNew.size / NEW_BUCKETS / keys
      }
      t.diagnostic(`tried ${tried.toFixed(4)}, new ${fresh.toFixed(4)}`)
      assert.ok(tried <= triedLine(groups), `tried ${tried}`)
      assert.ok(fresh <= newLine(groups), `new ${fresh}`)
    })
  }

  it('a whole book: 4 groups that flood both tables hold no more slots than their line', t => {
    const groups = 4
    const flooded = testBook(11, { maxEntries: 100_000, maxBytes: 8 * 2 ** 20 })
    for (let i = 0; i < 5000; i++) flooded.good(address(i % groups, i), peer(i), NOW)
    for (let i = 0; i < 16_000; i++) flooded.add([{ address: address(1000 + i % 5000, i) }], ip(i % groups, 1), NOW)
    const { tried, newPlaces } = flooded.counts()
    const shares = { tried: tried / (TRIED_BUCKETS * BUCKET_SIZE), new: newPlaces / (NEW_BUCKETS * BUCKET_SIZE) }
    t.diagnostic(`slots: tried ${shares.tried.toFixed(4)} of ≤ ${triedLine(groups).toFixed(4)}, new ${shares.new.toFixed(4)} of ≤ ${newLine(groups).toFixed(4)}`)
    assert.ok(shares.tried <= triedLine(groups) && shares.tried > triedLine(groups) / 2)
    assert.ok(shares.new <= newLine(groups) && shares.new > newLine(groups) / 4)
  })

  it('the key decides: two books place the same address differently', () => {
    const [a, b] = [createPlacement(randomBytes(32)), createPlacement(randomBytes(32))]
    const same = Array.from({ length: 200 }, (_, i) => book(address(i, i))).filter(place => a.triedSlot(place) === b.triedSlot(place))
    assert.ok(same.length < 5)
  })
})
