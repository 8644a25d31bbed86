import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from '../support/fast-check.ts'
import { Gcra } from '../../src/protocol/index.ts'

const rate = fc.record({ count: fc.integer({ min: 1, max: 200 }), perMs: fc.integer({ min: 10, max: 60_000 }) })
/** Attempts: how long after the one before, and what it costs. */
const attempts = fc.array(fc.record({ gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 60_000 })), cost: fc.integer({ min: 1, max: 5 }) }), { maxLength: 400 })

test('no window of perMs ever holds more than 1.5 × count units (and never more than one more than that for a single unit)', () => {
  fc.assert(fc.property(rate, attempts, ({ count, perMs }, tries) => {
    const limiter = new Gcra({ count, perMs })
    const taken: Array<{ at: number, cost: number }> = []
    let now = 0
    for (const { gap, cost } of tries) {
      now += gap
      // what a single attempt is charged at most is the burst
      if (cost <= Math.max(1, count / 2) && limiter.take(now, cost)) taken.push({ at: now, cost })
    }
    for (const [i, { at }] of taken.entries()) {
      let units = 0
      for (const { at: later, cost } of taken.slice(i)) {
        if (later - at >= perMs) break
        units += cost
      }
      assert.ok(units <= Math.max(1.5 * count, count + 1) + 1e-6, `${units} units from ${at} at ${count} per ${perMs}`)
    }
  }), { numRuns: 120 })
})

test('asked all the time, it grants count per perMs in the long run', () => {
  for (const [count, perMs] of [[1, 1000], [3, 1000], [7, 500], [60, 60_000], [100, 1000]] as const) {
    const limiter = new Gcra({ count, perMs })
    const windows = 200
    let granted = 0
    for (let now = 0; now < windows * perMs; now += perMs / count / 4) if (limiter.take(now)) granted++
    assert.ok(Math.abs(granted - windows * count) <= count, `${granted} of ${windows * count}`)
  }
})

test('a fresh limiter lets half of count through at once, and one at least', () => {
  for (const [count, burst] of [[1, 1], [2, 1], [10, 5], [60, 30], [61, 30]] as const) {
    const limiter = new Gcra({ count, perMs: 1000 })
    let granted = 0
    while (limiter.take(5)) granted++
    assert.equal(granted, burst, `count ${count}`)
  }
})

test('a cost is taken whole or not at all', () => {
  const limiter = new Gcra({ count: 20, perMs: 1000 })
  assert.ok(limiter.take(0, 7))
  assert.ok(!limiter.take(0, 4), '3 units are left')
  assert.ok(limiter.take(0, 3), 'the refusal took nothing')
  assert.ok(!limiter.take(0))
  assert.ok(!limiter.take(149, 3))
  assert.ok(limiter.take(150, 3), '3 units are back after 150 ms')
})

test('a cost above the burst passes when the burst is free, and uses all of it', () => {
  const limiter = new Gcra({ count: 20, perMs: 1000 })
  assert.ok(limiter.take(0, 1e9))
  assert.ok(!limiter.take(0))
  assert.ok(!limiter.take(499, Infinity))
  assert.ok(limiter.take(500, Infinity))
})

test('a cost that is no number is charged as the burst: it cannot disarm the limit', () => {
  for (const cost of [NaN, -5, -Infinity]) {
    const limiter = new Gcra({ count: 20, perMs: 1000 })
    assert.ok(limiter.take(0, cost))
    assert.ok(!limiter.take(0), String(cost))
    assert.ok(limiter.take(50), String(cost))
  }
})

test('delay tells the truth: just before it is over the units are refused, just after they are granted', () => {
  fc.assert(fc.property(rate, attempts, fc.integer({ min: 1, max: 50 }), (limits, tries, cost) => {
    const limiter = new Gcra(limits)
    let now = 0
    for (const { gap, cost } of tries.slice(0, 50)) limiter.take(now += gap, cost)
    const delay = limiter.delay(now, cost)
    const slack = 1e-6 * Math.max(1, now)
    if (delay > 2 * slack) assert.ok(!limiter.take(now + delay - slack, cost))
    assert.ok(limiter.take(now + delay + slack, cost))
  }), { numRuns: 300 })
})

test('a sender that waits as reserve tells it is never refused by a receiver with the same limit', () => {
  fc.assert(fc.property(rate, fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }), (limits, gaps) => {
    const sender = new Gcra(limits)
    const receiver = new Gcra(limits)
    let now = 0
    for (const [i, gap] of gaps.entries()) {
      now += gap
      // each a little later than the one before, so that rounding cannot make one early
      assert.ok(receiver.take(now + sender.reserve(now) + i * 1e-4))
    }
  }))
})

test('a smaller burst leaves room for requests that left evenly and arrive bunched', () => {
  const limits = { count: 20, perMs: 10_000 }
  const sender = new Gcra(limits, 0.4)
  const receiver = new Gcra(limits)
  const sendAt = Array.from({ length: 40 }, () => sender.reserve(0))
  // the first request is late by 900 ms, so all the others seem early
  for (const [i, at] of sendAt.entries()) assert.ok(receiver.take(i === 0 ? 900 : Math.max(900, at)), `request ${i}`)
})

test('a sender with the smaller burst is not refused either, whatever its requests cost', () => {
  fc.assert(fc.property(rate, fc.array(fc.record({ gap: fc.integer({ min: 0, max: 500 }), cost: fc.double({ min: 0.1, max: 300, noNaN: true }) }), { maxLength: 100 }), (limits, asked) => {
    const sender = new Gcra(limits, 0.4)
    const receiver = new Gcra(limits)
    let now = 0
    for (const [i, { gap, cost }] of asked.entries()) {
      now += gap
      // one request at a time, as a caller that awaits each answer
      now += sender.reserve(now, cost)
      assert.ok(receiver.take(now + i * 1e-4, cost), `request ${i}`)
    }
  }), { numRuns: 1000 })
})
