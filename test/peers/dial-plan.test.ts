import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { backoff, planDials } from '../../src/peers/index.ts'
import type { Candidate } from '../../src/peers/index.ts'

const candidate = (key: string, given: Partial<Candidate> = {}): Candidate => ({ key, addresses: [`/ip4/127.0.0.1/tcp/1/p2p/${key}`], source: 'discovery', failures: 0, notBefore: 0, ...given })
const options = { connected: new Set<string>(), reached: new Set<string>(), dialling: new Set<string>(), target: 25, parallel: 8, now: 1000 }
const keys = (candidates: readonly Candidate[]): string[] => candidates.map(({ key }) => key)

test('a plan leaves out who is connected, being dialled or cooling down, and keeps within target and parallel dials', () => {
  fc.assert(fc.property(
    fc.array(fc.record({ key: fc.integer({ min: 0, max: 40 }).map(String), failures: fc.nat(9), notBefore: fc.nat(2000) })),
    fc.uniqueArray(fc.integer({ min: 0, max: 40 }).map(String), { maxLength: 12 }),
    fc.uniqueArray(fc.integer({ min: 41, max: 60 }).map(String), { maxLength: 8 }),
    fc.nat(30), fc.integer({ min: 1, max: 8 }),
    (list, connected, dialling, target, parallel) => {
      const plan = planDials(list.map(({ key, ...rest }) => candidate(key, rest)), { connected: new Set(connected), reached: new Set<string>(), dialling: new Set(dialling), target, parallel, now: 1000 })
      assert.ok(plan.length <= Math.max(0, Math.min(target - connected.length - dialling.length, parallel - dialling.length)))
      for (const { key, notBefore } of plan) assert.ok(!connected.includes(key) && !dialling.includes(key) && notBefore <= 1000)
    }
  ))
})

test('those that never failed come first, bootstrap peers last among equals', () => {
  const list = [candidate('failed', { failures: 2 }), candidate('seed', { source: 'bootstrap' }), candidate('found')]
  assert.deepEqual(keys(planDials(list, options)), ['found', 'seed', 'failed'])
})

test('with the target reached nobody is dialled', () => {
  assert.deepEqual(planDials([candidate('a')], { ...options, target: 1, connected: new Set(['b']) }), [])
  // the address of a connected peer is not a second peer
  const reached = new Set(['/ip4/127.0.0.1/tcp/1'])
  assert.deepEqual(keys(planDials([candidate('a'), candidate('/ip4/127.0.0.1/tcp/1')], { ...options, target: 2, connected: new Set(['b']), reached })), ['a'])
})

test('back-off doubles from 1 s to 5 min', () => {
  assert.deepEqual([1, 2, 3, 9, 10, 50].map(backoff), [1000, 2000, 4000, 256_000, 300_000, 300_000])
})
