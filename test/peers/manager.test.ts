import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import { GOODBYE_REASON } from '../../protocols/index.ts'
import { addressOf, candidate, createFake, others } from './fake-manager.ts'

test('at most eight dials run at once in an emergency, the rest says that it queues', t => {
  const fake = createFake(others.slice(0, 11).map((_, at) => candidate(at)), { min: 8, target: 25, max: 50 })
  t.after(() => { fake.manager.stop() })
  fake.manager.start()
  assert.equal(fake.dials.length, 8)
  assert.deepEqual(Object.entries(Object.groupBy(fake.manager.queue(), ({ why }) => why ?? '')).map(([why, rows]) => [why, rows?.length]).sort(), [['dialling', 8], ['queue', 3]])
  assert.deepEqual(fake.needs, [{ wanted: 25, emergency: true, open: 11 }])
})

test('a peer that failed or said goodbye is left alone for the time that asks for', async t => {
  const fake = createFake([candidate(0)], { min: 1, target: 4, max: 8 })
  t.after(() => { fake.manager.stop() })
  fake.manager.start()
  fake.dials[0]?.done.reject(new Error('refused'))
  await turn()
  assert.deepEqual(fake.manager.queue().map(({ why, failures, waitMs }) => [why, failures, waitMs]), [['cooling', 1, 1000]])
  await fake.pass(2000)
  assert.equal(fake.dials.length, 2, 'a failed dial waits a second')
  fake.manager.parted(String(others[0]), GOODBYE_REASON.chainIdMismatch)
  fake.dials[1]?.done.reject(new Error('refused'))
  await fake.pass(3_600_000)
  assert.equal(fake.dials.length, 2, 'another chain waits a day, in an emergency too')
})

test('hearsay that failed ten times is forgotten, what the operator named is not', async t => {
  for (const [origin, removed] of [['dht', [String(others[0])]], ['bootstrap:x', []]] as const) {
    const fake = createFake([candidate(0, origin)], { min: 1, target: 4, max: 8 })
    t.after(() => { fake.manager.stop() })
    fake.manager.start()
    for (let tries = 0; tries < 10; tries++) {
      fake.dials[tries]?.done.reject(new Error('refused'))
      await fake.pass(600_000)
    }
    assert.ok(fake.dials.length >= 10, `${fake.dials.length} dials`)
    assert.deepEqual(fake.removed.slice(0, 1), removed)
  }
})

test('settled peers above the target are sent away with GOODBYE 7, and a static one is dialled all the same', async t => {
  const fake = createFake([candidate(9, 'operator:x'), candidate(8)], { min: 1, target: 3, max: 6, minOutbound: 0, outboundShare: 0 })
  t.after(() => { fake.manager.stop() })
  for (let at = 0; at < 5; at++) fake.join(at, 120_000)
  fake.manager.start()
  assert.deepEqual([...new Set(fake.parted.map(([, reason]) => reason))], [GOODBYE_REASON.tooManyPeers])
  assert.equal(fake.parted.length, 2)
  assert.deepEqual(fake.dials.map(({ to }) => to), [[`${addressOf(9)}/p2p/${String(others[9])}`]])
})
