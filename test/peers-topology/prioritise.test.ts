import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { outboundFloor, prioritise, TOPOLOGY_LIMITS } from '../../src/peers/topology/index.ts'
import type { Priorities, TopologyPeer } from '../../src/peers/topology/index.ts'
import { sortDescending } from '../../src/peers/topology/sort-descending.ts'
import { plainRanking } from './plain-ranking.ts'
import { anyPeers, crowd, HOUR, NOW, peer, seeded } from './support.ts'

const decide = (peers: readonly TopologyPeer[], seed = 1, exemptPrivate = false): Priorities => prioritise(peers, { now: NOW, random: seeded(seed), exemptPrivate })
const names = (list: readonly { readonly peer: string }[]): string[] => list.map(({ peer }) => peer)
const counted = (peers: readonly TopologyPeer[]): TopologyPeer[] => peers.filter(({ role }) => role !== 'feeler')
const outboundOf = (peers: readonly TopologyPeer[]): number => peers.filter(({ direction }) => direction === 'outbound').length

// 10 outbound and 40 inbound peers, all alike but for one thing; is that one still there when half must go?
const FATES: readonly (readonly [string, Partial<TopologyPeer>, boolean])[] = [
  ['is static, and bad', { role: 'static', score: 0 }, true],
  ['is pinned, and bad', { role: 'pinned', score: 0 }, true],
  ['is trusted, and bad', { role: 'trusted', score: 0 }, true],
  ['is an anchor, and slow', { role: 'anchor', rttMs: 2000 }, true],
  ['carries blocks only, and is slow', { role: 'block-only', rttMs: 2000 }, true],
  ['brought a block first 9 min ago, and is slow', { firstBlockAt: NOW - 9 * 60_000, rttMs: 2000 }, true],
  ['brought a transaction first, and is slow', { firstTxAt: NOW, rttMs: 2000 }, true],
  ['brought a block first, but is a vandal', { firstBlockAt: NOW, score: 399 }, false],
  ['brought a block 2 h ago, and is slow', { firstBlockAt: NOW - 2 * HOUR, rttMs: 2000 }, false],
  ['came 59 s ago', { connectedMs: 59_000, rttMs: undefined }, true],
  ['came 61 s ago and was never pinged', { connectedMs: 61_000, rttMs: undefined }, false],
  ['came 5 s ago with a bad name', { connectedMs: 5000, score: 300 }, false],
  ['is near', { rttMs: 20 }, true],
  ['is far', { rttMs: 900 }, false],
  ['has stayed for two days', { connectedMs: 48 * HOUR }, true],
  ['has a better reputation', { score: 520 }, true],
  ['has a worse reputation', { score: 480 }, false],
  ['mines', { nodeType: 'mining' }, true],
  ['is a confirmed validator, of whom there is no other', { nodeType: 'validator', confirmedValidator: true }, true],
  ['is the second in its group', { group: 'group-p1' }, false]
]
for (const [what, given, stays] of FATES) {
  test(`of 50 peers 25 stay: one that ${what} ${stays ? 'stays' : 'goes'}`, () => {
    // the others have the second place in nobody's group; p1's owner is better so that the place in it is clear
    const peers = [...crowd(49, at => ({ direction: at < 10 ? 'outbound' : 'inbound', ...at === 1 ? { score: 501 } : {} })), peer('it', given)]
    for (let seed = 0; seed < 20; seed++) assert.equal(names(decide(peers, seed).keep).includes('it'), stays)
  })
}

// [inbound, outbound, young inbound] → [kept, kept outbound]
const SIZES: readonly (readonly [number, number, number, number, number])[] = [
  [0, 0, 0, 0, 0],
  [5, 2, 0, 7, 2],
  [17, 8, 0, 25, 8],
  [30, 8, 0, 25, 8],
  [42, 8, 0, 25, 8],
  [0, 50, 0, 25, 25],
  [50, 0, 0, 25, 0],
  [20, 3, 4, 27, 3],
  [17, 8, 10, 35, 8],
  [17, 8, 40, 50, 8]
]
for (const [inbound, outbound, young, kept, keptOutbound] of SIZES) {
  test(`${inbound} settled inbound, ${outbound} outbound and ${young} young inbound peers: ${kept} stay, ${keptOutbound} of them outbound`, () => {
    // outbound peers are the worst of all: only their share holds them
    const peers = crowd(inbound + outbound + young, at => at < outbound
      ? { direction: 'outbound', rttMs: inbound === 0 ? 150 : 1500 }
      : { connectedMs: at < inbound + outbound ? HOUR : 1000 })
    const { keep } = decide(peers)
    assert.equal(keep.length, kept)
    assert.equal(outboundOf(peers.filter(({ peer }) => names(keep).includes(peer))), keptOutbound)
  })
}

test('one of two outbound peers of a group goes although there is room, unless that breaks a floor', () => {
  const outbound = (count: number): TopologyPeer[] => crowd(count, () => ({ direction: 'outbound' }))
  const twin = peer('twin', { direction: 'outbound', group: 'group-p0', rttMs: 500 })
  assert.deepEqual(decide([...outbound(12), twin]).drop.map(({ peer, reason, crowding }) => [peer, reason, crowding]), [['twin', 'crowded', 'same-group']])
  // eighth outbound, and eighth at all: it stays until another is found, and another is looked for
  const few = decide([...outbound(7), twin])
  assert.deepEqual([few.drop.length, few.want.outbound], [0, 1])
  assert.equal(decide([...outbound(12), { ...twin, role: 'static' }]).drop[0]?.peer, 'p0')
})

test('of three outbound peers in one ASN one goes; loopback ones only where the rule holds for them', () => {
  const outbound = crowd(12, at => ({ direction: 'outbound', asn: at < 3 ? 64_500 : 64_600 + at, rttMs: at === 2 ? 300 : 100 }))
  assert.deepEqual(names(decide(outbound).drop), ['p2'])
  const loopback = crowd(12, () => ({ direction: 'outbound', group: '127.0.0.0/16', privateRange: true }))
  assert.equal(decide(loopback, 1, true).drop.length, 0)
  assert.equal(decide(loopback, 1, false).drop.length, 4)
})

test('feelers take no place and go after 30 s', () => {
  const { keep, drop, want } = decide([peer('new', { role: 'feeler', connectedMs: 1000 }), peer('old', { role: 'feeler', connectedMs: 30_000 })])
  assert.deepEqual([names(keep), names(drop), want.peers, want.emergency], [['new'], ['old'], 25, true])
})

test('what is wanted follows from what is kept', () => {
  const { want } = decide(crowd(20, at => ({ direction: at < 6 ? 'outbound' : 'inbound', nodeType: at < 4 ? 'light' : 'full' })))
  assert.deepEqual(want, { peers: 5, outbound: 2, types: { full: 0, light: 3, mining: 2, validator: 1 }, emergency: false })
  assert.equal(decide(crowd(7)).want.emergency, true)
  assert.equal(decide(crowd(8)).want.emergency, false)
})

test('a validator that is in no registry counts as a full node', () => {
  const { want } = decide([peer('claimed', { nodeType: 'validator' })])
  assert.deepEqual(want.types, { full: 14, light: 7, mining: 2, validator: 1 })
})

test('refusing pings, claiming to mine or claiming a type never makes up for a lost reputation', () => {
  const liar = peer('liar', { nodeType: 'mining', services: 2n ** 64n - 1n, rttMs: undefined, score: 200 })
  assert.equal(names(decide([...crowd(25, at => ({ direction: at < 8 ? 'outbound' : 'inbound' })), liar]).drop)[0], 'liar')
})

test('the minimum holds where no outbound share does', () => {
  const twins = crowd(20, () => ({ direction: 'outbound', group: 'one' }))
  assert.equal(prioritise(twins, { now: NOW, random: seeded(1), limits: { outboundShare: 0, minOutbound: 0 } }).keep.length, 8)
})

test('more static peers than the maximum all stay, and others make room', () => {
  const { keep } = decide([...crowd(60, () => ({ role: 'static', score: 0 })), ...Array.from({ length: 20 }, (_, at) => peer(`q${at}`))])
  assert.deepEqual(names(keep).filter(name => name.startsWith('p')).length, 60)
  assert.equal(keep.length, 60)
})

test('an outbound peer spared at first goes once inbound ones have left', () => {
  // worst first: 20 outbound, then 5 inbound; 35 are trusted
  const peers = crowd(60, at => at < 20 ? { direction: 'outbound', score: 450 } : at < 25 ? {} : { role: 'trusted' })
  const { keep, want } = decide(peers)
  assert.deepEqual([keep.length, names(keep).filter(name => Number(name.slice(1)) < 20).length, want.outbound], [50, 15, 0])
})

test('the outbound share is wanted of all who stay, also beyond the target', () => {
  assert.equal(decide(crowd(48, at => at < 8 ? { direction: 'outbound' } : { role: 'trusted' })).want.outbound, 7)
})

test('only the last four to bring a block first are protected for it', () => {
  const late = Array.from({ length: 10 }, (_, at) => peer(`late${at * 7 % 10}`, { firstBlockAt: NOW - (at * 7 % 10) * 1000, rttMs: 2000, connectedMs: 90_000 }))
  const better = crowd(40, at => ({ direction: at < 10 ? 'outbound' : 'inbound', rttMs: 20, connectedMs: 48 * HOUR, score: 600 }))
  assert.deepEqual(names(decide([...better, ...late]).keep).filter(name => name.startsWith('late')).sort(), ['late0', 'late1', 'late2', 'late3'])
})

test('the worth of a peer is the sum of the parts it is explained by', () => {
  fc.assert(fc.property(anyPeers(60), peers => {
    for (const { worth, parts } of decide(peers).keep) {
      assert.ok(Number.isFinite(worth))
      assert.equal(Math.round(worth), Math.round(Object.values(parts).reduce((sum, part) => sum + part, 0)))
    }
  }))
})

test('whatever the peers: nobody is lost or doubled, and the same input gives the same answer', () => {
  fc.assert(fc.property(anyPeers(120), fc.nat(), (peers, seed) => {
    const { keep, drop } = decide(peers, seed)
    assert.deepEqual([...names(keep), ...names(drop)].sort(), names(peers).sort())
    assert.deepEqual(decide(peers, seed), decide(peers, seed))
  }))
})

test('whatever the peers: no drop goes below the minimum or the outbound share, and no operator\'s peer goes', () => {
  fc.assert(fc.property(anyPeers(120), fc.boolean(), (peers, exempt) => {
    const { keep, drop } = decide(peers, 1, exempt)
    const dropped = new Set(names(drop))
    const kept = counted(peers).filter(({ peer }) => !dropped.has(peer))
    const gone = counted(peers).filter(({ peer }) => dropped.has(peer))
    if (gone.length > 0) assert.ok(kept.length >= TOPOLOGY_LIMITS.min)
    if (outboundOf(gone) > 0) assert.ok(outboundOf(kept) >= outboundFloor(kept.length, TOPOLOGY_LIMITS))
    assert.ok(gone.every(({ role }) => role !== 'static' && role !== 'pinned' && role !== 'trusted'))
    assert.equal(keep.length + drop.length, peers.length)
  }), { numRuns: 300 })
})

test('whatever the peers: pruning reaches the target unless who is left is protected, young or needed outbound', () => {
  fc.assert(fc.property(anyPeers(120), peers => {
    const { keep } = decide(peers)
    const direction = new Map(peers.map(({ peer, direction }) => [peer, direction]))
    const feelers = new Set(names(peers.filter(({ role }) => role === 'feeler')))
    const held = keep.filter(({ peer }) => !feelers.has(peer))
    const settled = held.filter(({ protection }) => protection !== 'young')
    if (settled.length > TOPOLOGY_LIMITS.target) {
      const open = settled.filter(({ protection }) => protection === undefined)
      assert.ok(open.every(({ peer }) => direction.get(peer) === 'outbound'))
      const outbound = held.filter(({ peer }) => direction.get(peer) === 'outbound').length
      if (open.length > 0) assert.ok(outbound - 1 < outboundFloor(held.length - 1, TOPOLOGY_LIMITS))
    }
    if (held.length > TOPOLOGY_LIMITS.max) {
      const droppable = held.filter(({ peer, protection }) => protection !== 'operator' && direction.get(peer) === 'inbound')
      assert.equal(droppable.length, 0)
    }
  }), { numRuns: 300 })
})

test('young peers push nobody out: however many come, the settled stay', () => {
  fc.assert(fc.property(fc.nat(200), young => {
    const settled = crowd(25, at => ({ direction: at < 8 ? 'outbound' : 'inbound' }))
    const flood = Array.from({ length: young }, (_, at) => peer(`young${at}`, { connectedMs: 10, rttMs: 1, score: 1000 }))
    const { drop, keep } = decide([...settled, ...flood])
    assert.ok(names(drop).every(name => name.startsWith('young')))
    assert.equal(keep.length, Math.min(50, 25 + young))
  }))
})

test('an attacker with many addresses in few groups keeps few places, however good it looks', () => {
  const honest = crowd(25, at => ({ direction: at < 8 ? 'outbound' : 'inbound' }))
  // nearer than honest peers, and in four groups of 25
  const sybils = Array.from({ length: 100 }, (_, at) => peer(`sybil${at}`, { group: `attacker${at % 4}`, rttMs: 10 }))
  const kept = names(decide([...honest, ...sybils]).keep).filter(name => name.startsWith('sybil'))
  assert.ok(kept.length <= 4, `${kept.length} sybils kept`)
})

test('the work grows no faster than sorting: 1,000 peers take one random number and few reads of each', () => {
  let reads = 0
  const watched = crowd(1000, at => ({ direction: at % 4 === 0 ? 'outbound' : 'inbound', group: `g${at % 300}`, score: at * 7 % 1000 }))
    .map(peer => new Proxy(peer, { get: (target, key) => { reads++; return Reflect.get(target, key) as unknown } }))
  let draws = 0
  prioritise(watched, { now: NOW, random: () => { draws++; return 0.5 } })
  assert.equal(draws, 1000)
  assert.ok(reads <= 60 * 1000, `${reads} reads`)
})

test('ranks as sorting everybody anew after each kind of points would', () => {
  // groups of many and of few; never the same number twice, so that nothing is equal
  fc.assert(fc.property(anyPeers(120), fc.boolean(), fc.nat(), (peers, exemptPrivate, seed) => {
    const draws = (): () => number => {
      let drawn = seed
      return () => ++drawn * 40_503 % 65_536 / 65_536
    }
    const settled = counted(peers)
    const { keep, drop } = prioritise(settled, { now: NOW, random: draws(), exemptPrivate })
    const plain = plainRanking(settled, draws(), exemptPrivate)
    const dropped = new Set(names(drop))
    assert.deepEqual(keep, plain.filter(({ peer }) => !dropped.has(peer)))
    const standings = new Map(plain.map(standing => [standing.peer, standing]))
    for (const { reason, ...standing } of drop) assert.deepEqual(standing, standings.get(standing.peer), reason)
  }), { numRuns: 300 })
})

test('sorts numbers as a comparison function does, below zero and beyond the count that has room for an index', () => {
  const steps = fc.integer({ min: -(2 ** 26), max: 2 ** 26 }).map(step => step / 1024)
  fc.assert(fc.property(fc.uniqueArray(steps, { maxLength: 200 }), list => {
    assert.deepEqual(sortDescending(list, value => value), list.toSorted((a, b) => b - a))
  }))
  for (const count of [65_536, 65_537]) {
    const many = Array.from({ length: count }, (_, at) => at)
    assert.deepEqual(sortDescending(many, value => value / 2).slice(0, 3), [count - 1, count - 2, count - 3])
  }
})
