import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { createStemRouter, STEM } from '../../src/gossip/stem/index.ts'
import type { StemPeer, StemRouter } from '../../src/gossip/stem/index.ts'
import { seededRandom } from '../support/seeded-random.ts'

interface World {
  readonly router: StemRouter
  now: number
  peers: StemPeer[]
}

function world (seed: number, peers: StemPeer[]): World {
  const state: World = { now: 0, peers, router: createStemRouter({ now: () => state.now, random: seededRandom(seed), peers: () => state.peers }) }
  return state
}

const far = (count: number): StemPeer[] => Array.from({ length: count }, (_, i) => ({ peer: `p${i}`, group: `g${i}` }))
const seeds = fc.integer({ min: 0, max: 2 ** 31 })
const origin = fc.option(fc.string(), { nil: undefined })

test('an origin keeps its stem for a whole epoch, whatever else is asked', () => {
  fc.assert(fc.property(seeds, fc.array(origin, { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: STEM.epochMs - 1 }), (seed, origins, later) => {
    const state = world(seed, far(8))
    const first = origins.map(from => state.router.route(from))
    state.now = later
    assert.deepEqual(origins.map(from => state.router.route(from)), first)
  }))
})

test('an epoch has two stems of different groups, and sends nothing back', () => {
  fc.assert(fc.property(seeds, fc.array(fc.record({ peer: fc.integer({ min: 0, max: 20 }).map(n => `p${n}`), group: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }) }), { maxLength: 12 }), origin, (seed, some, from) => {
    const peers = [...new Map(some.map(peer => [peer.peer, peer])).values()]
    const { router } = world(seed, peers)
    const all = router.route('nobody').stems
    const groups = all.map(name => peers.find(({ peer }) => peer === name)?.group).filter(group => group !== undefined)
    assert.equal(new Set(groups).size, groups.length)
    const possible = Math.min(2, new Set(peers.map(({ group }) => group ?? Symbol('any'))).size)
    assert.equal(all.length, possible)
    for (const name of [from, ...all]) assert.ok(!router.route(name).stems.includes(name as string))
  }))
})

test('origins spread over both stems, a fifth of the epochs fluffs, and our own is never fluffed', () => {
  const state = world(1, far(8))
  let fluffs = 0
  for (let epoch = 0; epoch < 2000; epoch++) {
    assert.equal(state.router.route(undefined).fluff, false)
    if (state.router.route('x').fluff) fluffs++
    state.now += STEM.epochMs + STEM.epochSpreadMs
  }
  assert.ok(Math.abs(fluffs / 2000 - STEM.fluffShare) < 0.03, `${fluffs} of 2000`)
  const firsts = Array.from({ length: 1000 }, (_, i) => state.router.route(`peer ${i}`).stems[0])
  const [one] = firsts
  assert.ok(Math.abs(firsts.filter(stem => stem === one).length - 500) < 80)
})

test('epochs last 600 to 630 s, and the next one chooses anew', () => {
  const chosen = new Set<string>()
  for (let seed = 0; seed < 50; seed++) {
    const state = world(seed, far(64))
    const before = state.router.route('x').stems
    state.now = STEM.epochMs - 1
    assert.deepEqual(state.router.route('x').stems, before)
    state.now = STEM.epochMs + STEM.epochSpreadMs
    chosen.add(`${before.toSorted().join()} ${state.router.route('x').stems.toSorted().join()}`)
    assert.notDeepEqual(state.router.route('x').stems.toSorted(), before.toSorted())
  }
  assert.equal(chosen.size, 50)
})

test('a failed stem leaves the other one, no third; both gone begin a new epoch', () => {
  const state = world(3, far(8))
  const [first, second] = state.router.route('x').stems as [string, string]
  state.router.failed(first)
  assert.deepEqual(state.router.route('x').stems, [second])
  state.peers = state.peers.filter(({ peer }) => peer !== second)
  const { stems } = state.router.route('x')
  assert.equal(stems.length, 2)
  assert.ok(!stems.includes(second))
})

test('a place that nobody took is filled as peers appear', () => {
  const state = world(4, [])
  assert.deepEqual(state.router.route(undefined).stems, [])
  state.peers = far(1)
  assert.deepEqual(state.router.route(undefined).stems, ['p0'])
  state.peers = far(2)
  assert.deepEqual(state.router.route(undefined).stems.toSorted(), ['p0', 'p1'])
})
