import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { createCandidates, SOURCES, withinShare } from '../../src/discovery/index.ts'
import type { Candidate, Candidates, Origin, SourceKind } from '../../src/discovery/index.ts'
import { TosError } from '../../src/errors/index.ts'

const KINDS = Object.keys(SOURCES) as SourceKind[]
const at = (n: number): string => `/ip4/8.8.${n >> 8}.${n & 255}/tcp/2080`

/** Candidates with a clock that the test sets. */
function create (max?: number): Candidates & { time: { now: number } } {
  const time = { now: 1000 }
  return { ...createCandidates({ self: 'me', clock: { now: () => time.now }, ...(max === undefined ? {} : { max }) }), time }
}
const only = (candidates: Candidates): Candidate => {
  const list = candidates.list()
  assert.equal(list.length, 1)
  return list[0] as Candidate
}

test('what several sources say of one peer is one candidate that names them all, the most trusted first', () => {
  const candidates = create()
  candidates.add('exchange:x', { peer: 'A', addresses: [at(1)], nodeType: 3, services: 1n })
  candidates.add('dht', { addresses: [`${at(2)}/p2p/A`] })
  candidates.add('book', { peer: 'A', addresses: [at(3)], nodeType: 0, services: 2n })
  candidates.add('exchange:y', { peer: 'A', addresses: [at(1)], nodeType: 2, services: 4n })
  const { origins, addresses, kind, nodeType, services } = only(candidates)
  assert.deepEqual(origins, ['book', 'dht', 'exchange:x', 'exchange:y'])
  assert.deepEqual(addresses, [at(3), at(2), at(1)])
  assert.deepEqual([kind, nodeType, services], ['book', 0, 2n])
})

test('a candidate without an id and one with an id at the same address become one, whichever comes first', () => {
  for (const nameFirst of [true, false]) {
    const candidates = create()
    const steps = [() => { candidates.add('dns:a', { addresses: [at(1)], nodeType: 1 }) }, () => { candidates.add('dns:b', { peer: 'A', addresses: [at(1)] }) }]
    for (const step of nameFirst ? steps : steps.toReversed()) step()
    const { key, origins, nodeType } = only(candidates)
    assert.deepEqual([key, origins.toSorted(), nodeType], ['A', ['dns:a', 'dns:b'], 1])
  }
})

test('a liar who names an id for the address of a seed does not keep the seed from being dialled', () => {
  for (const lieFirst of [true, false]) {
    const candidates = create()
    const steps = [() => { candidates.add('exchange:liar', { peer: 'FALSE', addresses: [at(1)] }) }, () => { candidates.add('bootstrap', { addresses: [at(1)] }) }]
    for (const step of lieFirst ? steps : steps.toReversed()) step()
    assert.deepEqual(candidates.list().map(({ key }) => key).toSorted(), [at(1), 'FALSE'])
  }
})

test('false addresses from many liars do not push out those of a more trusted source', () => {
  const candidates = create()
  candidates.add('book', { peer: 'A', addresses: [at(1), at(2)] })
  candidates.add('exchange:owner', { peer: 'A', addresses: [at(1), at(2)] })
  candidates.time.now++
  for (let i = 0; i < 100; i++) candidates.add(`exchange:${i}`, { peer: 'A', addresses: Array.from({ length: 16 }, (_, j) => at(100 + i * 16 + j)) })
  const { addresses, origins } = only(candidates)
  assert.deepEqual(addresses.slice(0, 2).toSorted(), [at(1), at(2)])
  assert.deepEqual([addresses.length, origins.length, origins[0]], [8, 8, 'book'])
})

test('one origin fills at most four of the eight addresses of a peer', () => {
  const candidates = create()
  candidates.add('exchange:liar', { peer: 'A', addresses: Array.from({ length: 16 }, (_, i) => at(i)) })
  assert.equal(only(candidates).addresses.length, 4)
})

test('the disk comes first: anchors, address book, operator; bootstrap last', () => {
  const candidates = create()
  for (const [i, kind] of KINDS.toReversed().entries()) candidates.add(kind, { peer: kind, addresses: [at(i)] })
  assert.deepEqual(candidates.list().map(({ kind }) => kind), ['anchor', 'book', 'operator', 'mdns', 'dns', 'dht', 'exchange', 'bootstrap'])
})

test('among equals those come first that several kinds of source name, and then the older', () => {
  const candidates = create()
  for (const [i, peer] of ['A', 'B', 'C'].entries()) {
    candidates.time.now++
    candidates.add('dns:x', { peer, addresses: [at(i)] })
  }
  candidates.add('exchange:x', { peer: 'C', addresses: [at(2)] })
  candidates.add('dns:y', { peer: 'B', addresses: [at(1)] })
  assert.deepEqual(candidates.list().map(({ key }) => key), ['C', 'A', 'B'])
})

test('a flood from one kind stays in its share, and one from one origin costs another of its kind nothing', () => {
  const candidates = create(200)
  candidates.add('bootstrap', { addresses: [at(1)] })
  candidates.add('bootstrap', { peer: 'SEED', addresses: [at(2)] })
  candidates.add('exchange:honest', { peer: 'H', addresses: [at(3)] })
  for (let i = 0; i < 5000; i++) candidates.add('exchange:liar', { peer: `L${i}`, addresses: [at(100 + i)] })
  // named by the flood too, a seed stays a seed
  candidates.add('exchange:liar', { peer: 'SEED', addresses: [at(2)] })
  for (let i = 0; i < 5000; i++) candidates.add('exchange:liar', { peer: `M${i}`, addresses: [at(100 + i)] })
  for (let i = 0; i < 3; i++) candidates.add('exchange:late', { peer: `H${i}`, addresses: [at(10 + i)] })
  const keys = candidates.list().map(({ key }) => key)
  for (const kept of [at(1), 'SEED', 'H', 'H0', 'H1', 'H2', 'M4999']) assert.ok(keys.includes(kept), kept)
  assert.equal(keys.length, 2 + 200 * SOURCES.exchange.share)
})

test('over any sequence of hints every bound holds and nobody is listed twice', () => {
  const origin = fc.tuple(fc.constantFrom(...KINDS), fc.nat(3)).map(([kind, n]): Origin => kind === 'book' || kind === 'anchor' ? kind : `${kind}:${n}`)
  const hint = fc.record({ origin, peer: fc.option(fc.nat(60).map(n => `P${n}`), { nil: undefined }), addresses: fc.array(fc.nat(60).map(at), { minLength: 1, maxLength: 6 }), wait: fc.nat(400_000), drop: fc.boolean() })
  fc.assert(fc.property(fc.array(hint, { maxLength: 120 }), steps => {
    const candidates = create(40)
    for (const { origin, peer, addresses, wait, drop } of steps) {
      candidates.time.now += wait
      candidates.add(origin, { addresses, ...(peer === undefined ? {} : { peer }) })
      if (drop) candidates.remove(candidates.list()[0]?.key ?? '')
    }
    const list = candidates.list()
    assert.equal(new Set(list.map(({ key }) => key)).size, list.length)
    assert.equal(candidates.dump()['candidates'], list.length)
    for (const kind of KINDS) {
      const held = list.filter(({ origins }) => origins[0]?.startsWith(kind)).length
      assert.ok(held <= Math.max(1, Math.floor(40 * SOURCES[kind].share)), `${held} of ${kind}`)
    }
    for (const { key, peer, addresses, origins } of list) {
      assert.equal(key, peer ?? addresses[0])
      assert.ok(addresses.length >= 1 && addresses.length <= 8 && origins.length >= 1 && origins.length <= 8)
    }
  }), { numRuns: 200 })
})

test('what the network says is forgotten after an hour without repetition, what the operator says never', () => {
  const candidates = create()
  candidates.add('dht', { peer: 'A', addresses: [at(1)] })
  candidates.add('operator', { peer: 'B', addresses: [at(2)] })
  candidates.add('dht', { peer: 'B', addresses: [at(2)] })
  candidates.time.now += 3_600_000
  assert.equal(candidates.list().length, 2)
  candidates.time.now += 1
  assert.deepEqual(candidates.list().map(({ key, origins }) => [key, origins]), [['B', ['operator']]])
})

test('we ourselves are never a candidate, and an address that names another peer is not taken', () => {
  const candidates = create()
  candidates.add('dht', { peer: 'me', addresses: [at(1)] })
  candidates.add('dht', { addresses: [`${at(1)}/p2p/me`] })
  assert.equal(candidates.list().length, 0)
  candidates.add('dht', { peer: 'A', addresses: [at(2), `${at(3)}/p2p/B`] })
  assert.deepEqual(only(candidates).addresses, [at(2)])
})

test('listeners hear of what is new and of what changed, not of repetitions', () => {
  const candidates = create()
  const heard: string[] = []
  const stop = candidates.subscribe(({ key, addresses }) => { heard.push(`${key} ${addresses.length}`) })
  candidates.add('dht', { peer: 'A', addresses: [at(1)] })
  candidates.add('dht', { peer: 'A', addresses: [at(1)] })
  candidates.add('dht', { peer: 'A', addresses: [at(2)] })
  candidates.add('mdns', { peer: 'A', addresses: [at(2)] })
  stop()
  candidates.add('dht', { peer: 'B', addresses: [at(3)] })
  assert.deepEqual(heard, ['A 1', 'A 2', 'A 2'])
})

test('the stream gives the best of those that wait, leaves out who is gone, and ends with its signal', async () => {
  const candidates = create()
  const stop = new AbortController()
  candidates.add('mdns', { peer: 'GONE', addresses: [at(2)] })
  candidates.add('mdns', { peer: 'C', addresses: [at(5)] })
  candidates.add('dht', { peer: 'D', addresses: [at(1)] })
  candidates.add('book', { peer: 'B', addresses: [at(3)] })
  const stream = candidates.stream(stop.signal)[Symbol.asyncIterator]()
  const next = async (): Promise<string | undefined> => ((await stream.next()).value as Candidate | undefined)?.key
  assert.equal(await next(), 'B')
  candidates.remove('GONE')
  assert.equal(await next(), 'C')
  candidates.add('anchor', { peer: 'LATE', addresses: [at(4)] })
  assert.deepEqual([await next(), await next()], ['LATE', 'D'])
  const waiting = next()
  candidates.add('dht', { peer: 'D', addresses: [at(9)] })
  assert.equal(await waiting, 'D', 'again, because it changed')
  const last = next()
  stop.abort()
  assert.equal(await last, undefined)
  assert.equal(candidates.dump()['listeners'], 0)
})

test('a stream nobody reads keeps no more than the candidates there are', async () => {
  const candidates = create(100)
  const stop = new AbortController()
  const stream = candidates.stream(stop.signal)[Symbol.asyncIterator]()
  const first = stream.next()
  for (let i = 0; i < 5000; i++) candidates.add('dht', { peer: `P${i}`, addresses: [at(i)] })
  await first
  let count = 1
  for (; count < 1000; count++) {
    const next = await Promise.race([stream.next(), Promise.resolve(undefined)])
    if (next === undefined) break
  }
  stop.abort()
  assert.ok(count <= 1 + 100 * SOURCES.dht.share, `${count} waited`)
})

test('the snapshot tells who came from where and why a source failed, as plain JSON', () => {
  const candidates = create()
  candidates.add('dht', { peer: 'A', addresses: [at(1)], services: 2n ** 63n })
  candidates.refused('dht', { ADDRESS_NOT_PUBLIC: 2 })
  for (let i = 0; i < 3; i++) {
    candidates.time.now++
    candidates.failed('dht', new TosError('DHT_WALK_FAILED', `walk ${i}`))
  }
  candidates.failed('dht', new TosError('TIMEOUT', 'slow'))
  const snapshot = JSON.parse(JSON.stringify(candidates.snapshot()))
  assert.deepEqual(snapshot.candidates[0].origins, ['dht'])
  assert.equal(snapshot.candidates[0].services, '0x8000000000000000')
  const [source] = snapshot.sources
  assert.deepEqual([source.origin, source.kind, source.named, source.candidates, source.refused], ['dht', 'dht', 1, 1, { ADDRESS_NOT_PUBLIC: 2 }])
  assert.deepEqual(source.failures.map((failure: { error: { code: string, message: string }, count: number, at: number }) => [failure.error.code, failure.error.message, failure.count, failure.at]), [
    ['DHT_WALK_FAILED', 'walk 2', 3, 1003], ['TIMEOUT', 'slow', 1, 1003]
  ])
})

test('origins that peers choose are remembered up to a bound', () => {
  const candidates = create()
  for (let i = 0; i < 1000; i++) candidates.refused(`exchange:${i}`, { RATE_LIMITED: 1 })
  candidates.failed('dns:a', new Error('x'))
  assert.equal(candidates.dump()['sources'], 65)
})

test('no single seed accounts for more than a quarter of the first slots; who is known otherwise counts for nobody', () => {
  const named = (key: string, ...origins: Origin[]): Candidate => ({ key, peer: key, addresses: [], kind: 'dns', origins, kinds: 1, nodeType: 255, services: 0n, firstNamed: 0, lastNamed: 0 })
  const from = (count: number, ...origins: Origin[]): Candidate[] => Array.from({ length: count }, (_, i) => named(`${origins.join()}${i}`, ...origins))
  const counts = (chosen: readonly Candidate[], origin: Origin): number => chosen.filter(({ origins }) => origins.includes(origin)).length

  assert.equal(withinShare(from(64, 'dns:a'), { slots: 8 }).length, 2)
  assert.equal(withinShare(from(64, 'dns:a'), { slots: 3 }).length, 1, 'a node with one seed and few slots still starts')
  const mixed = withinShare([...from(64, 'dns:a'), ...from(64, 'dns:b'), ...from(64, 'exchange:c'), ...from(64, 'dht')], { slots: 16 })
  assert.deepEqual(['dns:a', 'dns:b', 'exchange:c', 'dht'].map(origin => counts(mixed, origin as Origin)), [4, 4, 4, 4])
  assert.equal(withinShare(from(64, 'dns:a', 'book'), { slots: 8 }).length, 8)
  assert.equal(withinShare(from(64, 'dns:a', 'dns:b'), { slots: 8 }).length, 4, 'two seeds that agree vouch for two shares')
  assert.equal(withinShare(from(64, 'dns:a'), { slots: 8, used: new Map([['dns:a', 1]]) }).length, 1)
})
