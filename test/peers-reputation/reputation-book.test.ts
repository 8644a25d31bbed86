import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { PENALTY_GAP_MS, RULES, TICK_MS, createReputationBook, decayed } from '../../src/peers/reputation/index.ts'
import type { BanStorm, Reason, ReputationBook, ReputationOptions } from '../../src/peers/reputation/index.ts'

const reasons = Object.keys(RULES) as Reason[]
const penalties = reasons.filter(reason => RULES[reason].delta < 0)
/** Beginning of a tick. */
const T0 = 29_000_000 * TICK_MS
const crowd = (count: number, since = 0): Map<string, number> => new Map(Array.from({ length: count }, (_, i) => [`p${i}`, since]))
const createBook = (given: Partial<ReputationOptions> = {}): ReputationBook => createReputationBook({ connected: () => crowd(50), ...given })
const steps = fc.array(fc.record({ reason: fc.constantFrom(...reasons), waitMs: fc.nat(200_000) }), { maxLength: 60 })

test('a score is a whole number within 0 and 1000, whatever happens, and its explanation adds up', () => {
  fc.assert(fc.property(steps, list => {
    const book = createBook()
    let now = T0
    for (const { reason, waitMs } of list) {
      now += waitMs
      const { ban, score, delta } = book.record('p1', reason, now)
      if (ban !== undefined) book.hold('p1', now + 900_000, now)
      assert.ok(Number.isInteger(score) && score >= 0 && score <= 1000 && Number.isInteger(delta), `${score} ${delta}`)
      const seen = book.explain('p1', now)
      assert.equal(seen.base + seen.older + seen.decay + seen.events.reduce((sum, event) => sum + event.delta, 0), seen.merit - seen.trouble)
      assert.equal(seen.score, score)
      assert.ok(seen.events.length <= 16)
    }
  }))
})

test('a reason costs a peer once within 10 s, however often it comes', () => {
  fc.assert(fc.property(fc.constantFrom(...penalties), fc.array(fc.nat(3000), { minLength: 1, maxLength: 60 }), (reason, waits) => {
    const book = createBook({ minPeers: 100 })
    let now = T0
    let charged = -Infinity
    for (const wait of waits) {
      now += wait
      const { ignored } = book.record('p1', reason, now)
      assert.equal(ignored, now - charged < PENALTY_GAP_MS ? 'duplicate' : undefined)
      if (ignored === undefined) charged = now
    }
  }))
})

test('penalties within a tick commute, and other peers have no part in them', () => {
  fc.assert(fc.property(fc.shuffledSubarray(penalties, { minLength: 1 }), fc.shuffledSubarray(penalties, { minLength: 1 }), (some, others) => {
    const after = (order: readonly Reason[]): object => {
      const book = createBook({ minPeers: 100 })
      for (const reason of order) book.record('p1', reason, T0)
      return { score: book.score('p1', T0), merit: book.explain('p1', T0).merit, trouble: book.explain('p1', T0).trouble }
    }
    assert.deepEqual(after(some), after([...some].sort()))
    const book = createBook({ minPeers: 100 })
    for (let i = 0; i < penalties.length; i++) {
      if (others[i] !== undefined) book.record('p2', others[i] as Reason, T0)
      if (some[i] !== undefined) book.record('p1', some[i] as Reason, T0)
    }
    assert.equal(book.score('p1', T0), (after(some) as { score: number }).score)
  }))
})

test('looking at a score does not change it: decay counts minutes of the clock, not looks', () => {
  fc.assert(fc.property(fc.array(fc.nat(500_000), { maxLength: 40 }), waits => {
    const [watched, alone] = [createBook(), createBook()]
    for (const book of [watched, alone]) book.record('p1', 'invalid_message', T0)
    let now = T0
    for (const wait of waits) watched.score('p1', now += wait)
    assert.equal(watched.score('p1', now), alone.score('p1', now))
  }))
})

test('half of a distance is gone after about an hour, all of it within five', () => {
  for (const gap of [-500, -400, -200, -100, 100, 300, 500]) {
    const half = Array.from({ length: 90 }, (_, i) => i).find(ticks => Math.abs(decayed(gap, ticks)) <= Math.abs(gap) / 2) as number
    assert.ok(half >= 50 && half <= 66, `${gap}: ${half} min`)
    assert.equal(decayed(gap, 300), 0)
  }
})

test('cheap actions lift nobody above 600, transactions above 800; a day of blocks stays within 1000', () => {
  for (const [reason, ceiling] of [['fast_response', 600], ['helpful_peer_info', 600], ['valid_transaction', 800], ['valid_block', 1000]] as const) {
    const book = createBook()
    let best = 0
    for (let now = T0; now < T0 + 86_400_000; now += 5000) best = Math.max(best, book.record('p1', reason, now).score)
    assert.equal(best, ceiling, reason)
    const fresh = createBook()
    for (let i = 0; i < 1000; i++) fresh.record('p1', reason, T0 + i)
    assert.equal(fresh.score('p1', T0), 500 + RULES[reason].perMinute, `${reason} within one minute`)
    const refilled = createBook()
    const granted = (now: number): number => Array.from({ length: 9 }, () => refilled.record('p1', reason, now).delta).reduce((a, b) => a + b)
    assert.deepEqual([granted(T0), granted(T0 + TICK_MS)], [RULES[reason].perMinute, RULES[reason].perMinute], `${reason}: a new minute, a new cap`)
  }
})

test('two invalid messages do not ban, a third does: 300 is not below 300', () => {
  const book = createBook()
  assert.deepEqual(book.record('p1', 'invalid_message', T0), { score: 300, delta: -200 })
  assert.deepEqual(book.record('p1', 'message_rate_exceeded', T0), { score: 200, delta: -100, ban: { reason: 'message_rate_exceeded' } })
})

test('transport troubles never ban and never help to', () => {
  const book = createBook()
  for (let i = 0; i < 500; i++) {
    for (const reason of ['connection_drop', 'slow_response', 'transport_error'] as const) assert.equal(book.record('p1', reason, T0 + i * 10_000).ban, undefined)
  }
  const now = T0 + 5_000_000
  assert.equal(book.score('p1', now), 400)
  assert.equal(book.record('p1', 'invalid_message', now).ban, undefined)
  assert.deepEqual([book.score('p1', now), book.explain('p1', now).merit], [300, 300])
})

test('while our loop lags nobody is charged, and rewards still count', () => {
  const book = createBook()
  book.lagging(501)
  for (const reason of penalties) assert.equal(book.record('p1', reason, T0).ignored, 'lagging')
  assert.equal(book.record('p1', 'valid_block', T0).score, 550)
  book.lagging(500)
  assert.equal(book.record('p1', 'invalid_block', T0).score, 350)
})

test('nobody is banned when fewer than minPeers would remain', () => {
  const offend = (peer: string, peers: number): object => createBook({ connected: () => crowd(peers) }).record(peer, 'consensus_violation', T0)
  const ban = { reason: 'consensus_violation' }
  assert.deepEqual(offend('p0', 9), { score: 200, delta: -300, ban })
  assert.deepEqual(offend('p0', 8), { score: 200, delta: -300, spared: 'min_peers' })
  // one that has left already is missed by nobody
  assert.deepEqual(offend('gone', 8), { score: 200, delta: -300, ban })
})

test('bans are suspended when a fifth of the known peers would be banned within 10 min; the alarm sounds once per storm', () => {
  const peers = crowd(25)
  const alarms: BanStorm[] = []
  const book = createBook({ connected: () => peers, alarm: storm => { alarms.push(storm) } })
  const offend = (peer: string, now: number): string => {
    const { ban, spared } = book.record(peer, 'consensus_violation', now)
    if (ban !== undefined) { book.hold(peer, now + 900_000, now); peers.delete(peer) }
    return spared ?? (ban === undefined ? 'kept' : 'banned')
  }
  assert.deepEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5'].map((peer, i) => offend(peer, T0 + i * 1000)), ['banned', 'banned', 'banned', 'banned', 'circuit_breaker', 'circuit_breaker'])
  assert.deepEqual(alarms, [{ open: true, offenders: 5, known: 25 }])
  assert.equal(book.storm(T0 + 605_000).open, false)
  assert.equal(offend('p7', T0 + 660_000), 'banned')
  for (let i = 8; i < 20; i++) offend(`p${i}`, T0 + 660_000)
  assert.equal(alarms.length, 2)
})

test('a young node has known nobody for long: then all peers count; one offender is never a storm', () => {
  const young = createBook({ connected: () => crowd(25, T0) })
  assert.deepEqual([0, 1, 2, 3, 4].map(i => young.record(`p${i}`, 'consensus_violation', T0).spared), [undefined, undefined, undefined, undefined, 'circuit_breaker'])
  const small = createBook({ connected: () => crowd(3), minPeers: 1 })
  assert.deepEqual([0, 1].map(i => small.record(`p${i}`, 'consensus_violation', T0).spared), [undefined, 'circuit_breaker'])
})

test('newcomers cannot offend in numbers to earn immunity', () => {
  const peers = crowd(20)
  for (let i = 0; i < 30; i++) peers.set(`new${i}`, T0 - 1000)
  const book = createBook({ connected: () => peers })
  for (let i = 0; i < 30; i++) assert.notEqual(book.record(`new${i}`, 'consensus_violation', T0 + i).ban, undefined)
})

test('10^5 random ids: tables stay within their caps, and no stranger makes us forget a banned peer', () => {
  const peers = crowd(10)
  const book = createBook({ maxPeers: 256, connected: () => peers })
  book.record('villain', 'consensus_violation', T0)
  book.hold('villain', T0 + 86_400_000, T0)
  for (let i = 0; i < 100_000; i++) {
    const { ban } = book.record(`id${i}`, i % 2 === 0 ? 'consensus_violation' : 'invalid_message', T0 + i)
    if (ban !== undefined) book.hold(`id${i}`, T0 + i + 900_000, T0 + i)
  }
  const { active, held, offenders } = book.dump()
  assert.ok(active <= 256 && held <= 256 && offenders <= 256, JSON.stringify(book.dump()))
  assert.equal(book.explain('villain', T0 + 100_000).heldMs, 86_300_000)
})

test('the table of offenders is bounded, and the latest hold is kept however short it is', () => {
  const book = createBook({ maxPeers: 4 })
  for (let i = 0; i < 50; i++) book.record(`p${i}`, 'consensus_violation', T0)
  assert.equal(book.dump().offenders, 4)
  for (let i = 0; i < 9; i++) book.hold(`p${i}`, T0 + 900_000 - i, T0)
  assert.equal(book.explain('p8', T0).heldMs, 900_000 - 8)
})

test('a clock that is set back neither stops decay nor opens a loophole', () => {
  const book = createBook()
  book.record('p1', 'invalid_message', T0)
  assert.equal(book.record('p1', 'invalid_message', T0 - 5000).ignored, 'duplicate')
  assert.equal(book.score('p1', T0 - 7_200_000), 300)
  assert.ok(book.score('p1', T0 - 3_600_000) > 380)
  assert.equal(book.record('p1', 'invalid_message', T0 - 3_600_000).delta, -200, 'the last charge lies in the future')
})
