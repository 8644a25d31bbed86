import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { planDials, WHY_NOT } from '../../src/peers/topology/index.ts'
import type { DialCandidate, DialOptions, DialPlan, DialState, OutboundSlot, WhyNot } from '../../src/peers/topology/index.ts'
import { alarm, calm, candidate, candidates, NOW, seeded, slot, state } from './support.ts'

const plan = (list: readonly DialCandidate[], now: DialState, options: Partial<DialOptions> = {}): DialPlan => planDials(list, now, { random: seeded(1), ...options })
const chosen = ({ dials }: DialPlan): string[] => dials.map(({ candidate }) => candidate.peer)
const slots = (count: number, given: (at: number) => Partial<OutboundSlot> = () => ({})): OutboundSlot[] => Array.from({ length: count }, (_, at) => slot(`s${at}`, given(at)))
const busy = slots(4, () => ({ dialling: true }))
const twoBookPeers = slots(2)

// what is wrong with candidate `it` → the word that explains it; undefined: it is dialled
const REASONS: readonly (readonly [string, Partial<DialCandidate>, DialState, WhyNot | undefined])[] = [
  ['nothing', {}, state({ ...calm, peers: 3 }), undefined],
  ['it is connected', {}, state({ ...calm, peers: 3 }, { connected: new Set(['it']) }), 'connected'],
  ['a dial is in flight', {}, state({ ...calm, peers: 3 }, { slots: [slot('it', { dialling: true })] }), 'dialling'],
  ['its address is that of a connected peer', {}, state({ ...calm, peers: 3 }, { reached: new Set(['it']) }), 'reached'],
  ['it is banned', { banned: true }, state({ ...calm, peers: 3 }), 'banned'],
  ['it has no address', { addresses: [] }, state({ ...calm, peers: 3 }), 'no-address'],
  ['it cools down', { notBefore: NOW + 1 }, state({ ...calm, peers: 3 }), 'cooling'],
  ['its cool-down just ended', { notBefore: NOW }, state({ ...calm, peers: 3 }), undefined],
  ['its dial failed 30 s ago, and there is no emergency', { notBefore: NOW + 1, dialFailed: true, triedAt: NOW - 30_000 }, state({ ...calm, peers: 3 }), 'cooling'],
  ['its dial failed 30 s ago, in an emergency', { notBefore: NOW + 1, dialFailed: true, triedAt: NOW - 30_000 }, state(alarm), undefined],
  ['its dial failed 29 s ago, in an emergency', { notBefore: NOW + 1, dialFailed: true, triedAt: NOW - 29_000 }, state(alarm), 'cooling'],
  ['it said goodbye, in an emergency', { notBefore: NOW + 1, triedAt: NOW - 90_000 }, state(alarm), 'cooling'],
  ['its group is taken', { group: 'group-s0' }, state({ ...calm, peers: 3 }, { slots: twoBookPeers }), 'same-group'],
  ['its group is taken, but the operator trusts it', { group: 'group-s0', role: 'trusted' }, state({ ...calm, peers: 3 }, { slots: twoBookPeers }), undefined],
  ['its group is taken by a feeler', { group: 'group-f' }, state({ ...calm, peers: 3 }, { slots: [slot('f', { purpose: 'feeler' })] }), undefined],
  ['its ASN has two', { asn: 7 }, state({ ...calm, peers: 3 }, { slots: slots(2, () => ({ asn: 7 })) }), 'same-asn'],
  ['its network is unknown like that of two others', { group: undefined }, state({ ...calm, peers: 3 }, { slots: slots(2, () => ({ group: undefined })) }), 'unknown-group'],
  ['its network is unknown, but it is a bootstrap peer', { group: undefined, origins: [{ source: 'bootstrap', seed: 'it' }] }, state({ ...calm, peers: 3 }, { slots: slots(2, () => ({ group: undefined })) }), undefined],
  ['its seed has two of eight', { origins: [{ source: 'dns', seed: 'evil' }] }, state({ ...calm, peers: 3 }, { slots: slots(2, () => ({ origin: { source: 'dns', seed: 'evil' } })) }), 'one-seed'],
  ['its seed has two of eight, but another told of it too', { origins: [{ source: 'dns', seed: 'evil' }, { source: 'dns', seed: 'good' }] }, state({ ...calm, peers: 3 }, { slots: slots(2, () => ({ origin: { source: 'dns', seed: 'evil' } })) }), undefined],
  ['its seed has two feelers out', { origins: [{ source: 'dns', seed: 'evil' }] }, state({ ...calm, peers: 3 }, { slots: slots(2, () => ({ purpose: 'feeler', origin: { source: 'dns', seed: 'evil' } })) }), undefined],
  ['it is in the book like all others', { origins: [{ source: 'book', seed: 'book' }] }, state({ ...calm, peers: 3 }, { slots: slots(8) }), undefined],
  ['there are enough peers', {}, state(calm), 'enough'],
  ['dials in flight will be enough', {}, state({ ...calm, peers: 2 }, { slots: slots(2, () => ({ dialling: true })) }), 'enough'],
  ['four dials are in flight', {}, state({ ...calm, peers: 9 }, { slots: busy }), 'queue'],
  ['four dials are in flight, in an emergency', {}, state(alarm, { slots: busy }), undefined],
  ['there are enough peers, but the operator wants it', { role: 'static' }, state(calm), undefined],
  ['there are enough peers, but it is pinned', { role: 'pinned' }, state(calm), undefined],
  ['there are enough peers, and it is only trusted', { role: 'trusted' }, state(calm), 'enough'],
  ['there are enough peers, but too few outbound', {}, state({ ...calm, outbound: 1 }), undefined]
]
for (const [what, given, now, word] of REASONS) {
  test(`${what}: ${word === undefined ? 'dialled' : `not dialled, "${word}"`}`, () => {
    const found = plan([candidate('it', given)], now)
    assert.equal(found.explain.get('it'), word)
    assert.deepEqual(chosen(found), word === undefined ? ['it'] : [])
  })
}

test('static peers come first, then anchors, then those that never failed, tried ones before new ones, then by prior; bootstrap peers last', () => {
  const list = [
    candidate('bootstrap', { origins: [{ source: 'bootstrap', seed: 'b' }], prior: 200 }), candidate('failed', { failures: 1, tried: true, prior: 200 }), candidate('new', { prior: 90 }),
    candidate('light', { nodeType: 'light', prior: 88 }), candidate('tried', { tried: true, prior: 60 }), candidate('anchor', { role: 'anchor', failures: 2 }), candidate('static', { role: 'static', failures: 9 })
  ]
  const want = { ...calm, peers: 20, types: { ...calm.types, light: 3 } }
  assert.deepEqual(chosen(plan(list, state(want), { dials: { parallel: 20 } })), ['static', 'anchor', 'tried', 'light', 'new', 'failed', 'bootstrap'])
  assert.deepEqual([...plan(list, state({ ...calm, peers: 2 })).explain].sort(), [['bootstrap', 'enough'], ['failed', 'enough'], ['light', 'enough'], ['new', 'enough'], ['tried', 'enough']])
})

test('in an emergency two of the eight dials are for bootstrap peers at once, otherwise they wait while others are left', () => {
  const list = [...candidates(20, () => ({ tried: true })), ...['b1', 'b2', 'b3'].map(name => candidate(name, { origins: [{ source: 'bootstrap' as const, seed: name }] }))]
  const urgent = plan(list, state(alarm))
  assert.equal(urgent.dials.length, 8)
  assert.equal(chosen(urgent).filter(name => name.startsWith('b')).length, 2)
  assert.equal([...urgent.explain.values()].filter(word => word === 'bootstrap-last').length, 1)
  // one place at a time: what is not theirs yet is kept for them
  const bookDials = slots(7, () => ({ dialling: true }))
  assert.match(chosen(plan(list, state(alarm, { slots: bookDials }))).join(), /^b\d$/)
  const relaxed = plan(list, state({ ...calm, peers: 17 }))
  assert.deepEqual([chosen(relaxed).length, relaxed.explain.get('b1')], [4, 'bootstrap-last'])
  assert.ok(chosen(relaxed).every(name => name.startsWith('c')))
  const two = slots(2, () => ({ origin: { source: 'bootstrap', seed: 'x' } }))
  assert.ok(chosen(plan(list, state(alarm, { slots: two }))).every(name => name.startsWith('c')))
})

test('no seed fills more than a quarter of the outbound slots until nobody else has had anything for the time of a DNS lookup', () => {
  const list = candidates(30, () => ({ origins: [{ source: 'dns', seed: 'evil' }] }))
  const first = plan(list, state(alarm))
  assert.deepEqual([first.dials.length, first.starved, first.explain.get('c9')], [2, true, 'one-seed'])
  assert.equal(plan(list, state(alarm, { starvedSince: NOW - 4999 })).dials.length, 2)
  assert.equal(plan(list, state(alarm, { starvedSince: NOW - 5000 })).dials.length, 8)
  assert.equal(plan(list, state({ ...calm, peers: 17 }, { starvedSince: NOW - 59_999 })).dials.length, 2)
  assert.equal(plan(list, state({ ...calm, peers: 17 }, { starvedSince: NOW - 60_000 })).dials.length, 4)
  assert.equal(plan([...list, ...candidates(20, undefined, 'other')], state(alarm)).starved, false)
  // with somebody else to ask there is no starving, and the others come first
  const mixed = plan([...list, ...candidates(6, undefined, 'other')], state(alarm, { starvedSince: NOW - 60_000 }))
  assert.deepEqual([chosen(mixed).filter(name => name.startsWith('other')).length, mixed.dials.length], [6, 8])
})

test('who was named by several is charged to the seed that has named fewest', () => {
  const evil = { source: 'dns', seed: 'evil' } as const
  const good = { source: 'dns', seed: 'good' } as const
  const [dial] = plan([candidate('it', { origins: [evil, good] })], state({ ...calm, peers: 1 }, { slots: [slot('s', { origin: evil })] })).dials
  assert.deepEqual(dial?.origin, good)
})

test('with another kind of source at hand the last quarter of the slots is left to it', () => {
  const book = candidates(20, () => ({ origins: [{ source: 'book', seed: 'book' }], tried: true, prior: 200 }))
  const told = ['x', 'y', 'z'].map(name => candidate(name))
  assert.deepEqual(chosen(plan([...book, ...told], state(alarm))).filter(name => !name.startsWith('c')).length, 2)
  assert.equal(plan(book, state(alarm)).dials.length, 8)
})

test('two of the first eight outbound slots carry blocks only, spread among the others, and light nodes never do', () => {
  const purposes = (list: readonly DialCandidate[]): string => plan(list, state(alarm), { dials: { emergencyParallel: 16 } }).dials.map(({ purpose }) => purpose === 'block-only' ? 'B' : 'f').join('')
  assert.equal(purposes(candidates(12)), 'fffBfffBffff')
  assert.equal(purposes(candidates(12, () => ({ nodeType: 'light' }))), 'ffffffffffff')
})

test('at target one feeler every two minutes tests an address that was never proved', () => {
  const list = [candidate('tried', { tried: true }), candidate('new')]
  const at = (lastFeelerAt: number | undefined, given: Partial<DialState> = {}): string[] => plan(list, state(calm, { lastFeelerAt, ...given })).dials.map(({ candidate, purpose }) => `${candidate.peer} ${purpose}`)
  assert.deepEqual(at(undefined), ['new feeler'])
  assert.deepEqual(at(NOW - 120_000), ['new feeler'])
  assert.deepEqual(at(NOW - 119_999), [])
  assert.deepEqual(at(undefined, { slots: [slot('f', { purpose: 'feeler', dialling: true })] }), [])
  assert.deepEqual(at(undefined, { want: { ...calm, peers: 1 } }), ['tried full'])
})

test('a stale tip brings one extra outbound peer, and only one', () => {
  const list = candidates(5)
  assert.deepEqual(plan(list, state(calm, { staleTip: true })).dials.map(({ purpose }) => purpose), ['extra'])
  assert.deepEqual(plan(list, state(calm, { staleTip: true, slots: [slot('e', { purpose: 'extra' })] })).dials, [])
  assert.deepEqual(plan(list, state(calm, { staleTip: true, slots: [slot('d', { dialling: true })] })).dials, [])
})

test('on a private network all candidates of one loopback group may be dialled, on a public one only one', () => {
  const list = candidates(6, () => ({ group: '127.0.0.0/16', privateRange: true }))
  assert.equal(plan(list, state(alarm), { exemptPrivate: true }).dials.length, 6)
  assert.equal(plan(list, state(alarm)).dials.length, 1)
})

test('eclipse: 8 honest and 64 hostile proven addresses, the hostile ones in 1 to 8 groups, 50 restarts each: every time all honest groups get a slot', () => {
  for (let groups = 1; groups <= 8; groups++) {
    // the hostile ones measure better
    const hostile = candidates(64, at => ({ group: `evil${at % groups}`, tried: true, prior: 270, origins: [{ source: 'book', seed: 'book' }] }), 'evil')
    const honest = candidates(8, () => ({ tried: true, origins: [{ source: 'book', seed: 'book' }] }))
    for (let restart = 0; restart < 50; restart++) {
      const random = seeded(restart)
      const connected: OutboundSlot[] = []
      for (let round = 0; round < 4; round++) {
        const { dials } = planDials([...hostile, ...honest], state({ ...alarm, peers: 25 - connected.length, emergency: connected.length < 8 }, { slots: connected }), { random })
        connected.push(...dials.map(({ candidate, purpose, origin }) => slot(candidate.peer, { group: candidate.group, purpose, origin })))
      }
      assert.equal(connected.filter(({ peer }) => peer.startsWith('c')).length, 8)
      assert.equal(connected.length, 8 + groups)
    }
  }
})

const anyCandidates = fc.array(fc.record({
  group: fc.option(fc.integer({ min: 0, max: 9 }).map(at => `g${at}`), { nil: undefined }),
  asn: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  origins: fc.array(fc.record({ source: fc.constantFrom('book' as const, 'dns' as const, 'bootstrap' as const, 'dht' as const, 'mdns' as const, 'exchange' as const), seed: fc.constantFrom('a', 'b', 'c') }), { minLength: 1, maxLength: 3 }),
  role: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom('static' as const, 'pinned' as const, 'trusted' as const, 'anchor' as const) }),
  tried: fc.boolean(),
  failures: fc.nat(5),
  notBefore: fc.constantFrom(0, NOW + 1),
  prior: fc.double({ min: 20, max: 270, noNaN: true })
}), { maxLength: 60 }).map(list => list.map((given, at) => candidate(`c${at}`, given)))
const anySlots = fc.array(fc.record({ group: fc.option(fc.integer({ min: 5, max: 20 }).map(at => `g${at}`), { nil: undefined }), dialling: fc.boolean(), seed: fc.constantFrom('a', 'd') }), { maxLength: 10 })
  .map(list => list.map(({ group, dialling, seed }, at) => slot(`s${at}`, { group, dialling, origin: { source: 'dns', seed } })))
const anyWant = fc.record({ peers: fc.nat(25), outbound: fc.nat(8), types: fc.constant(calm.types), emergency: fc.boolean() })

test('whatever the candidates: every one is dialled or explained by a known word, and the plan is the same each time', () => {
  fc.assert(fc.property(anyCandidates, anySlots, anyWant, fc.boolean(), (list, slots, want, staleTip) => {
    const now = state(want, { slots, staleTip, lastFeelerAt: undefined })
    const found = plan(list, now)
    assert.deepEqual([...chosen(found), ...found.explain.keys()].sort(), list.map(({ peer }) => peer).sort())
    for (const word of found.explain.values()) assert.ok(word in WHY_NOT)
    assert.deepEqual(plan(list, now), found)
  }))
})

test('whatever the candidates: dials in flight stay within the limit, and groups, ASNs and seeds within theirs', () => {
  fc.assert(fc.property(anyCandidates, anySlots, anyWant, (list, slots, want) => {
    const { dials } = plan(list, state(want, { slots }))
    assert.ok(slots.filter(({ dialling }) => dialling).length + dials.length <= Math.max(want.emergency ? 8 : 4, slots.filter(({ dialling }) => dialling).length))
    const coming = slots.filter(({ dialling }) => dialling).length
    const ruled = dials.filter(({ candidate }) => candidate.role === undefined || candidate.role === 'anchor')
    assert.ok(ruled.length <= Math.max(0, Math.max(want.peers, want.outbound) - coming))
    const groups = [...slots, ...ruled.map(({ candidate }) => candidate)].map(({ group }) => group)
    for (const { candidate } of ruled) {
      if (candidate.group !== undefined) assert.equal(groups.filter(group => group === candidate.group).length, 1)
      assert.ok(candidate.notBefore <= NOW)
    }
    const size = slots.length + dials.length
    for (const { origin } of ruled) {
      if (origin.source === 'book') continue
      const told = [...slots, ...ruled].filter(other => other.origin.seed === origin.seed && other.origin.source === origin.source)
      assert.ok(told.length <= Math.max(2, Math.floor(size / 4)), `${told.length} of ${size} from one seed`)
    }
  }), { numRuns: 300 })
})
