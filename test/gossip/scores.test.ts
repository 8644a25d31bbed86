import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { createPeerScoreParams, PeerScore, validatePeerScoreParams, validatePeerScoreThresholds } from '@chainsafe/libp2p-gossipsub/score'
import * as fc from '../support/fast-check.ts'
import { createGossipOptions, deriveTopicParams, SCORE } from '../../src/gossip/index.ts'
import type { GossipTopic } from '../../src/gossip/index.ts'
import { silentLogger } from '../../src/node/transport/index.ts'

const REJECTED = 'reject' as Parameters<PeerScore['rejectMessage']>[3]
const MINUTE = 60_000

/** Any set of topics a node might carry. */
const topicSets = fc.array(fc.record({
  expectedPerMinute: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
  weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
  maxBytes: fc.integer({ min: 8, max: 5_000_000 })
}), { minLength: 1, maxLength: 8 }).map(rows => rows.map((row, i): GossipTopic => ({
  id: `/tos/{net}/t${i}/1`, expectedPerMinute: row.expectedPerMinute, weight: row.weight, message: { maxBytes: row.maxBytes }
})))

/** The library's own scoring under our options, on a clock the test moves. */
function scorer (topics: readonly GossipTopic[]) {
  const options = createGossipOptions({ network: 'devnet', topics })
  const params = createPeerScoreParams(options.scoreParams)
  const score = new PeerScore(params, null, silentLogger, { scoreCacheValidityMs: 0 })
  score.addPeer('p')
  const names = options.allowedTopics as string[]
  for (const name of names) score.graft('p', name)
  return { score, names, beat (ms = 1_000) { mock.timers.tick(ms); score.refreshScores() } }
}

function onMockedClock (body: () => void): void {
  mock.timers.enable({ apis: ['Date', 'setInterval'], now: 1_000_000_000 })
  try { body() } finally { mock.timers.reset() }
}

test('every derived parameter set passes the validation of the library', () => {
  fc.assert(fc.property(topicSets, topics => {
    const { scoreParams, scoreThresholds } = createGossipOptions({ network: 'devnet', topics })
    validatePeerScoreParams(createPeerScoreParams(scoreParams))
    validatePeerScoreThresholds(scoreThresholds as Parameters<typeof validatePeerScoreThresholds>[0])
  }))
})

test('a quiet honest peer never falls below zero', () => {
  onMockedClock(() => {
    fc.assert(fc.property(topicSets, topics => {
      const { score, names, beat } = scorer(topics)
      for (const ms of [1_000, 5_000, MINUTE, 10 * MINUTE, 60 * MINUTE, 24 * 60 * MINUTE]) {
        beat(ms)
        assert.ok(score.score('p') >= 0, `${score.score('p')} after ${ms} ms of silence`)
      }
      for (const name of names) score.prune('p', name)
      assert.ok(score.score('p') >= 0, 'leaving the mesh is not punished either')
    }), { numRuns: 20 })
  })
})

test('one invalid message takes the best standing there is below zero, but not to the graylist', () => {
  onMockedClock(() => {
    fc.assert(fc.property(topicSets, fc.nat(), (topics, pick) => {
      const { score, names, beat } = scorer(topics)
      for (const name of names) for (let i = 0; i < 100; i++) score.deliverMessage('p', `${name}${i}`, name)
      beat(60 * MINUTE)
      for (const name of names) for (let i = 0; i < 100; i++) score.deliverMessage('p', `${name}again${i}`, name)
      assert.ok(score.score('p') <= SCORE.positiveBudget + 1e-9)
      score.rejectMessage('p', 'bad', names[pick % names.length] as string, REJECTED)
      mock.timers.tick(1)
      assert.ok(score.score('p') < 0, `still at ${score.score('p')}`)
      assert.ok(score.score('p') > SCORE.gossipThreshold, `already at ${score.score('p')}`)
    }), { numRuns: 10 })
  })
})

test('three invalid messages within a minute reach the graylist, whatever the topic and the standing', () => {
  onMockedClock(() => {
    fc.assert(fc.property(topicSets, fc.nat(), (topics, pick) => {
      const { score, names, beat } = scorer(topics)
      const topic = names[pick % names.length] as string
      for (const id of ['1', '2', '3']) {
        for (let i = 0; i < 20; i++) beat()
        score.rejectMessage('p', id, topic, REJECTED)
      }
      mock.timers.tick(1)
      assert.ok(score.score('p') <= SCORE.graylistThreshold, `only ${score.score('p')}`)
    }), { numRuns: 20 })
  })
})

test('a fair share of first deliveries earns a good part of the budget, and no more than the budget', () => {
  const rate = { expectedPerMinute: 600, meshSize: 6, maxMessageBytes: 200, weight: 1 }
  const { firstMessageDeliveriesCap: cap, firstMessageDeliveriesDecay: decay, firstMessageDeliveriesWeight: weight } = deriveTopicParams(rate)
  let counter = 0
  for (let beat = 0; beat < 600; beat++) counter = counter * decay + 600 / 60 / 6
  assert.ok(Math.abs(counter / cap - 0.25) < 0.02, `the fair steady state is ${counter} of ${cap}`)
  assert.ok(Math.abs(cap * weight - 0.8 * SCORE.positiveBudget) < 1e-9)
})

test('facts that make no sense are refused', () => {
  const good = { expectedPerMinute: 1, meshSize: 6, maxMessageBytes: 100, weight: 1 }
  for (const key of ['expectedPerMinute', 'meshSize', 'maxMessageBytes', 'weight'] as const) {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => deriveTopicParams({ ...good, [key]: value }), { code: 'INVALID_DEFINITION' })
    }
  }
})
