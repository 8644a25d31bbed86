import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { createKeyHash, evictInbound } from '../../src/peers/net/index.ts'
import type { EvictionCandidate } from '../../src/peers/net/index.ts'

const hash = createKeyHash(Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1))
const START = 1_800_000_000_000
const peer = (id: string, more: Partial<EvictionCandidate> = {}): EvictionCandidate =>
  ({ id, direction: 'inbound', group: `group of ${id}`, connectedAt: START, pingMs: undefined, lastBlockAt: undefined, lastTransactionAt: undefined, ...more })
const peers = (count: number, more: (i: number) => Partial<EvictionCandidate>, name = 'peer'): EvictionCandidate[] => Array.from({ length: count }, (_, i) => peer(`${name} ${i}`, more(i)))

/** Twenty honest peers of an hour's standing, each in its own group; sixteen have a virtue, four only their age. */
const honest = peers(20, i => ({
  connectedAt: START - 3_600_000 + i,
  pingMs: i < 8 ? 10 + i : 200 + i,
  lastTransactionAt: i >= 8 && i < 12 ? START - i * 1000 : undefined,
  lastBlockAt: i >= 12 && i < 16 ? START - i * 1000 : undefined
}), 'honest')
const outbound = peers(15, i => ({ direction: 'outbound', connectedAt: START + i, group: 'one group' }), 'outbound')

/** 100 Sybils from four /16 groups come and go for ten minutes against 35 inbound places; who is thrown out meanwhile. */
function churn (sybil: (now: number) => Partial<EvictionCandidate>, secret: number): { evicted: Set<string>, rounds: number, sybilsIn: number } {
  const keyed = createKeyHash(new Uint8Array(8).fill(secret))
  let open = [...honest, ...outbound]
  const evicted = new Set<string>()
  let rounds = 0
  for (let now = START; now < START + 600_000; now += 250) {
    const n = rounds++ % 100
    // one of them leaves now and then, so that the places are taken anew as well as fought for
    if (n % 10 === 9) open = open.filter(({ id }) => !id.startsWith(`sybil ${n - 5} `))
    if (open.length >= 50) {
      const victim = evictInbound(open, keyed)
      if (victim === undefined) continue
      open = open.filter(({ id }) => id !== victim)
      evicted.add(victim)
    }
    open.push(peer(`sybil ${n} at ${now}`, { group: `sybil group ${n % 4}`, connectedAt: now, ...sybil(now) }))
  }
  return { evicted, rounds, sybilsIn: open.filter(({ id }) => id.startsWith('sybil')).length }
}

const lost = ({ evicted }: { evicted: Set<string> }, name: string): string[] => [...evicted].filter(id => id.startsWith(name))

describe('inbound eviction', () => {
  it('E1: 100 Sybils from four /16 churning for 10 minutes displace none of 20 protected peers and no outbound one', () => {
    for (let secret = 0; secret < 4; secret++) {
      const outcome = churn(() => ({ pingMs: 50 }), secret)
      assert.deepEqual(lost(outcome, 'honest'), [])
      assert.deepEqual(lost(outcome, 'outbound'), [])
      assert.ok(outcome.evicted.size > 1000 && outcome.sybilsIn === 15, `the attack went on: ${outcome.evicted.size} of ${outcome.rounds}`)
    }
  })

  it('E1 holds against Sybils that are nearest to us, or that also relay for us', () => {
    for (let secret = 0; secret < 2; secret++) {
      assert.deepEqual(lost(churn(() => ({ pingMs: 0.1 }), secret), 'honest'), [])
      assert.deepEqual(lost(churn(now => ({ pingMs: 0.1, lastTransactionAt: now, lastBlockAt: now }), secret), 'honest'), [])
    }
  })

  it('never chooses an outbound peer, and always the same whatever the order', () => {
    const some = fc.option(fc.nat(5), { nil: undefined })
    const candidate = fc.record({
      direction: fc.constantFrom('inbound' as const, 'outbound' as const), group: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), connectedAt: fc.nat(5), pingMs: some, lastBlockAt: some, lastTransactionAt: some
    })
    fc.assert(fc.property(fc.array(candidate, { maxLength: 80 }), list => {
      const all = list.map((facts, i) => ({ id: `peer ${i}`, ...facts }))
      const victim = evictInbound(all, hash)
      assert.equal(victim, evictInbound(all.toReversed(), hash))
      const inbound = all.filter(({ direction }) => direction === 'inbound')
      if (victim !== undefined) assert.ok(inbound.some(({ id }) => id === victim))
      // 4 + 8 + 4 + 4 are safe by merit and half of the rest by age: one more than 20 leaves a choice
      if (inbound.length > 20) assert.notEqual(victim, undefined)
    }))
  })

  it('refuses the newcomer when all are protected', () => {
    assert.equal(evictInbound([], hash), undefined)
    assert.equal(evictInbound(outbound, hash), undefined)
    assert.equal(evictInbound(peers(4, () => ({})), hash), undefined)
    assert.equal(evictInbound(honest.slice(0, 12), hash), undefined)
  })

  it('drops the youngest of the largest group, not the youngest of all', () => {
    const crowd = peers(20, i => ({ group: 'crowd', connectedAt: START + i }), 'crowd')
    const loners = peers(10, i => ({ connectedAt: START - 10 - i }), 'loner')
    assert.equal(evictInbound([...loners, ...crowd, peer('newest', { connectedAt: START + 100 })], hash), 'crowd 19')
  })

  it('protects by ping, blocks and transactions measured, not by their absence', () => {
    const crowd = peers(30, i => ({ group: 'crowd', connectedAt: START + i }))
    for (const virtue of [{ pingMs: 500 }, { lastBlockAt: 1 }, { lastTransactionAt: 1 }]) {
      const youngest = peer('youngest', { group: 'crowd', connectedAt: START + 1000, ...virtue })
      assert.equal(evictInbound([...crowd, youngest], hash), 'peer 29', JSON.stringify(virtue))
    }
    assert.equal(evictInbound([...crowd, peer('youngest', { group: 'crowd', connectedAt: START + 1000 })], hash), 'youngest')
  })

  it('protects one peer of a group for each virtue', () => {
    const near = peers(10, i => ({ group: 'near', connectedAt: START + i, pingMs: 1 }), 'near')
    const far = peers(12, i => ({ connectedAt: START - i, pingMs: 100 + i }), 'far')
    assert.equal(evictInbound([...near, ...far, ...peers(5, () => ({ connectedAt: START - 50 }))], hash), 'near 9')
  })

  it('protects the oldest of groups that only the secret chooses', () => {
    const groups = peers(40, () => ({ connectedAt: START }))
    const crowd = peers(60, i => ({ group: `crowd ${i % 40}`, connectedAt: START - 100 - i }), 'crowd')
    const favoured = (secret: number): string => {
      const keyed = createKeyHash(new Uint8Array(8).fill(secret))
      let open = [...groups, ...crowd]
      for (let victim = evictInbound(open, keyed); victim !== undefined; victim = evictInbound(open, keyed)) open = open.filter(({ id }) => id !== victim)
      return open.map(({ group }) => group).sort().join()
    }
    assert.equal(favoured(1), favoured(1))
    assert.ok(new Set([1, 2, 3, 4, 5].map(favoured)).size > 1)
  })
})
