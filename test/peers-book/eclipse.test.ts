import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AddressBook } from '../../src/peers/book/index.ts'
import { address, DAY, ip, memoryStore, MINUTE, NOW, peer, testBook } from './book-fixture.ts'

const HONEST = 8
const HOSTILE = 64
const OUTBOUND = 8
/** Honest peers stand in groups 1000 and up, hostile ones below. */
const honestAddress = (i: number): string => address(1000 + i, 1)
const isHostile = (text: string): boolean => Number(text.split('.')[1]) < 100 && text.startsWith('/ip4/11.')

/** Eight outbound peers, at most one a group: the anchors first, then what the book picks. */
function connect (book: AddressBook, now: number): string[] {
  const out: string[] = []
  const groups = new Set<string>()
  const use = (text: string, id: string): void => {
    book.good(text, id, now)
    const group = book.get(text)?.group
    if (group !== undefined) groups.add(group)
    out.push(text)
  }
  for (const anchor of book.takeAnchors()) use(anchor.address, anchor.peer)
  while (out.length < OUTBOUND) {
    const entry = book.pick({ exclude: new Set(out), groups }, now)
    if (entry === undefined) break
    use(entry.address, entry.peer ?? peer(0))
  }
  return out
}

/** The attacker's last word before every restart: he tells all his addresses from all his groups, and they answer. */
function attack (book: AddressBook, groups: number, now: number): void {
  const hostile = Array.from({ length: HOSTILE }, (_, i) => ({ address: address(i % groups, i) }))
  for (let source = 0; source < groups; source++) book.add(hostile, ip(source, 1), now)
}

/** 50 restarts; returns how many outbound sets were hostile as a whole, and the mean share of hostile peers in them. */
function run (groups: number, seed: number): { eclipses: number, hostile: number } {
  const store = memoryStore()
  let book = testBook(seed, { store })
  for (let i = 0; i < HONEST; i++) book.good(honestAddress(i), peer(i), NOW)
  // half of his addresses were dialled before: he stands in both tables
  for (let i = 0; i < HOSTILE / 2; i++) book.good(address(i % groups, i), peer(8 + i), NOW)
  let eclipses = 0
  let hostile = 0
  for (let restart = 1; restart <= 50; restart++) {
    const now = NOW + restart * DAY / 4
    attack(book, groups, now)
    book.save()
    book = testBook(1000 * seed + restart, { store })
    assert.equal(book.problem, undefined)
    const out = connect(book, now + MINUTE)
    const bad = out.filter(isHostile).length
    if (bad === out.length) eclipses++
    hostile += bad / out.length / 50
    // block-relay peers are the two that came last
    book.setAnchors(out.slice(-2).map(text => ({ address: text, peer: book.get(text)?.peer ?? peer(0) })))
  }
  return { eclipses, hostile }
}

describe('eclipse: 8 honest and 64 hostile addresses, 50 restarts', () => {
  for (const groups of [1, 4, 8]) {
    it(`G = ${groups}: no outbound set is wholly hostile`, t => {
      const runs = [1, 2, 3].map(seed => run(groups, seed))
      t.diagnostic(`mean share of hostile outbound ${(runs.reduce((sum, { hostile }) => sum + hostile / runs.length, 0) * 100).toFixed(1)} %`)
      assert.deepEqual(runs.map(({ eclipses }) => eclipses), [0, 0, 0])
    })
  }

  it('the test can fail: without a limit per group the same attacker takes whole sets', () => {
    let whole = 0
    for (let seed = 0; seed < 40; seed++) {
      const book = testBook(seed)
      for (let i = 0; i < HONEST; i++) book.good(honestAddress(i), peer(i), NOW)
      attack(book, 8, NOW)
      const exclude = new Set<string>()
      while (exclude.size < OUTBOUND) exclude.add(book.pick({ exclude, newOnly: true }, NOW)?.address ?? '')
      if ([...exclude].every(isHostile)) whole++
    }
    assert.ok(whole > 10, `${whole} of 40`)
  })
})
