import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPeerMeasures, priorFacts } from '../../src/peers/measures/index.ts'
import { admissionPrior } from '../../src/peers/topology/index.ts'

test('what was measured of a peer outlives its connection, and its time connected adds up', () => {
  let now = 1000
  const measures = createPeerMeasures({ clock: () => now })
  measures.connected('a')
  measures.connected('a')
  measures.ponged('a', 30)
  measures.useful('a', 'block')
  now += 60_000
  measures.disconnected('a')
  now += 1_000_000
  measures.connected('a')
  now += 5000
  const { uptimeMs, rttMs, lastBlockAt, lastTransactionAt } = measures.of('a') ?? {}
  assert.deepEqual([uptimeMs, rttMs, lastBlockAt, lastTransactionAt], [65_000, 30, 1000, undefined])
  assert.deepEqual(measures.dump(), { present: 1, past: 0 })
})

test('whoever floods us with identities displaces past peers only, and the table stays bounded', () => {
  const measures = createPeerMeasures({ clock: () => 0 })
  measures.connected('friend')
  measures.ponged('friend', 10)
  for (let at = 0; at < 5000; at++) {
    measures.connected(`x${at}`)
    measures.disconnected(`x${at}`)
    measures.dialled(`y${at}`, false)
    // no session, no place
    measures.ponged(`z${at}`, 1)
    measures.served(`z${at}`, 1, 1)
    measures.useful(`z${at}`, 'transaction')
  }
  assert.deepEqual([measures.dump(), measures.of('friend')?.rttMs], [{ present: 1, past: 1024 }, 10])
})

test('bandwidth comes from larger answers only, and a failed request brings none', () => {
  const measures = createPeerMeasures({ clock: () => 0 })
  measures.connected('a')
  measures.served('a', 200, 1)
  assert.equal(measures.of('a')?.bandwidthMbps, undefined)
  measures.served('a', 1_000_000, 800)
  measures.unserved('a')
  assert.deepEqual([measures.of('a')?.bandwidthMbps, measures.of('a')?.served], [10, { answers: 2, bytes: 1_000_200, failed: 1 }])
})

test('a candidate met before is dialled by what we measured: a good one before a stranger, one that went silent last', () => {
  const measures = createPeerMeasures({ clock: () => 0 })
  for (const peer of ['good', 'silent']) measures.connected(peer)
  for (let at = 0; at < 4; at++) {
    measures.ponged('good', 20)
    measures.missed('silent')
  }
  const [good, stranger, silent] = ['good', 'stranger', 'silent'].map(peer => admissionPrior(priorFacts(measures.of(peer)))) as [number, number, number]
  assert.ok(good > stranger && stranger > silent, `${good} ${stranger} ${silent}`)
})

test('a few tries say nothing about uptime', () => {
  const measures = createPeerMeasures({ clock: () => 0 })
  for (let at = 0; at < 3; at++) measures.dialled('a', false)
  assert.equal(measures.of('a')?.uptime, undefined)
  measures.dialled('a', true)
  assert.equal(measures.of('a')?.uptime, 0.25)
})
