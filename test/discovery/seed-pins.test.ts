import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCandidates, createSeedPins, seedUnreached } from '../../src/discovery/index.ts'
import type { SeedPin, SeedPins } from '../../src/discovery/index.ts'

const SEED = '/dns/seed1.tos.network/tcp/2080'
const DAY = 86_400_000

function create (operator: readonly string[] = [], stored: readonly SeedPin[] = []): { pins: SeedPins, saved: SeedPin[][], time: { now: number } } {
  const time = { now: 1000 }
  const saved: SeedPin[][] = []
  return { time, saved, pins: createSeedPins({ operator, clock: () => time.now, store: { load: () => stored, save: pins => { saved.push([...pins]) } } }) }
}

test('the key first met at a seed is remembered, over a restart too', () => {
  const { pins, saved, time } = create()
  assert.deepEqual(pins.met(SEED, 'A'), { accept: true, trust: 'first' })
  assert.deepEqual(saved, [[{ address: SEED, peer: 'A', firstMet: 1000, lastMet: 1000 }]])
  time.now = 2000
  assert.deepEqual(pins.met(`${SEED}/p2p/A`, 'A'), { accept: true, trust: 'same' })
  assert.equal(saved.length, 1, 'not every meeting is worth a write')
  time.now = 1000 + DAY
  pins.met(SEED, 'A')
  assert.equal(saved.at(-1)?.[0]?.lastMet, 1000 + DAY)
  assert.equal(create([], saved.at(-1) as SeedPin[]).pins.met(SEED, 'B').trust, 'changed')
})

test('another key is accepted with a warning that names both, and remembered; going back warns again', () => {
  const { pins, saved, time } = create()
  pins.met(SEED, 'A')
  time.now = 5000
  const verdict = pins.met(SEED, 'B')
  assert.deepEqual([verdict.accept, verdict.trust, verdict.warning?.code], [true, 'changed', 'SEED_CHANGED'])
  assert.deepEqual(verdict.warning?.details, { address: SEED, before: 'A', found: 'B', knownSince: 1000 })
  assert.deepEqual(saved.at(-1), [{ address: SEED, peer: 'B', firstMet: 5000, lastMet: 5000, before: 'A' }])
  assert.equal(pins.met(SEED, 'B').warning, undefined)
  assert.equal(pins.met(SEED, 'A').warning?.code, 'SEED_CHANGED')
})

test('a key the operator named wins over what was met, and any other is refused', () => {
  const { pins, saved } = create([`${SEED}/p2p/A`, `${SEED}/p2p/A2`, '/ip4/8.8.8.8/tcp/1'], [{ address: SEED, peer: 'B', firstMet: 1, lastMet: 1 }])
  assert.deepEqual(pins.met(SEED, 'A'), { accept: true, trust: 'pinned' })
  assert.deepEqual(pins.met(SEED, 'A2'), { accept: true, trust: 'pinned' })
  const verdict = pins.met(SEED, 'B')
  assert.deepEqual([verdict.accept, verdict.trust, verdict.warning?.code], [false, 'mismatch', 'SEED_PIN_MISMATCH'])
  assert.deepEqual(verdict.warning?.details, { address: SEED, expected: ['A', 'A2'], found: 'B' })
  assert.equal(saved.length, 0)
  assert.equal(pins.met('/ip4/8.8.8.8/tcp/1', 'C').trust, 'first')
})

test('256 addresses are remembered, the longest unmet goes first', () => {
  const { pins } = create()
  pins.met('/first', 'A')
  pins.met('/second', 'A')
  for (let i = 0; i < 254; i++) pins.met(`/${i}`, 'A')
  pins.met('/first', 'A')
  pins.met('/late', 'A')
  assert.equal(pins.pins().length, 256)
  assert.equal(pins.met('/first', 'A').trust, 'same')
  assert.equal(pins.met('/second', 'A').trust, 'first')
})

test('what the store throws reaches the caller', () => {
  const pins = createSeedPins({ operator: [], clock: () => 0, store: { load: () => [], save: () => { throw new Error('disk full') } } })
  assert.throws(() => pins.met(SEED, 'A'), /disk full/)
})

test('a seed named by address alone, known to the disk under a key that fails, is an address again; one named with its id is not', () => {
  const [address, id] = ['/ip4/8.8.8.8/tcp/2080', '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp']
  const after = (origin: `bootstrap:${string}` | 'dht', named: string): unknown[] => {
    const candidates = createCandidates({ self: 'me', clock: { now: () => 1 } })
    candidates.add('anchor', { peer: id, addresses: [address] })
    candidates.add(origin, { addresses: [named] })
    for (const known of candidates.list()) seedUnreached(candidates, known, new Error('another key'))
    const failed = candidates.snapshot().sources.flatMap(({ origin, failures }) => failures.map(({ error }) => [origin, error.code]))
    return [candidates.list().map(({ key, peer, origins }) => [key, peer, origins.length]), failed]
  }
  const said = (origin: string): unknown[] => [[origin, 'PEER_UNREACHABLE']]
  assert.deepEqual(after(`bootstrap:${address}`, address), [[[address, undefined, 1]], said(`bootstrap:${address}`)])
  assert.deepEqual(after(`bootstrap:${address}/p2p/${id}`, `${address}/p2p/${id}`), [[[id, id, 2]], said(`bootstrap:${address}/p2p/${id}`)])
  assert.deepEqual(after('dht', address), [[[id, id, 2]], []])
})
