import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { admissionPrior, cooldownMs, explainPrior, GOODBYE_COOLDOWNS, NODE_TYPE_SHARES, quotaSeats } from '../../src/peers/topology/index.ts'
import type { AdmissionFacts, CooldownCause } from '../../src/peers/topology/index.ts'
import { GOODBYE_REASON } from '../../protocols/goodbye/messages.ts'

// worked out by hand from the specification's formula
const PRIORS: readonly (readonly [string, AdmissionFacts, number])[] = [
  ['nothing known', {}, 100 * 0.8 * 1.1 * 0.9],
  ['all as the specification assumes', { uptime: 0.8, latencyMs: 100, bandwidthMbps: 10, mining: false, diverse: false }, 79.2],
  ['always there, at once, fast', { uptime: 1, latencyMs: 0, bandwidthMbps: 50 }, 100 * 1 * 1.2 * 1.3],
  ['miner in a new network', { mining: true, diverse: true }, 79.2 * 1.1 * 1.05],
  ['never there', { uptime: 0 }, 100 * 0.5 * 1.1 * 0.9],
  ['uptime above any', { uptime: 1e9 }, 100 * 1.5 * 1.1 * 0.9],
  ['700 ms away', { latencyMs: 700 }, 100 * 0.8 * 0.5 * 0.9],
  ['an hour away', { latencyMs: 3_600_000 }, 100 * 0.8 * 0.5 * 0.9],
  ['ping never answered', { latencyMs: Infinity }, 100 * 0.8 * 0.5 * 0.9],
  ['answered before we asked', { latencyMs: -5000 }, 79.2],
  ['no bandwidth', { bandwidthMbps: 0 }, 100 * 0.8 * 1.1 * 0.8],
  ['a terabit', { bandwidthMbps: 1e6 }, 100 * 0.8 * 1.1 * 1.3],
  ['bytes by zero seconds', { bandwidthMbps: Infinity }, 79.2],
  ['no numbers', { uptime: NaN, latencyMs: NaN, bandwidthMbps: NaN }, 79.2],
  ['negative numbers', { uptime: -1, latencyMs: -1, bandwidthMbps: -1 }, 79.2]
]
for (const [what, facts, score] of PRIORS) {
  test(`admission prior of a peer with ${what} is ${score.toFixed(2)}`, () => assert.ok(Math.abs(admissionPrior(facts) - score) < 1e-9))
}

test('whatever is measured, a prior lies in 20 .. 270.27 and is the product of its factors', () => {
  const any = fc.option(fc.oneof(fc.double(), fc.double({ min: 0, max: 1000 })), { nil: undefined })
  fc.assert(fc.property(any, any, any, fc.boolean(), fc.boolean(), (uptime, latencyMs, bandwidthMbps, mining, diverse) => {
    const parts = explainPrior({ uptime, latencyMs, bandwidthMbps, mining, diverse })
    assert.ok(parts.score >= 20 - 1e-9 && parts.score <= 270.27 + 1e-9)
    assert.equal(parts.score, 100 * parts.uptime * parts.latency * parts.bandwidth * parts.mining * parts.diverse)
  }))
})

// seats → [full, light, mining, validator]
const SEATS: readonly (readonly [number, readonly number[]])[] = [
  [25, [15, 7, 2, 1]], [0, [0, 0, 0, 0]], [1, [1, 0, 0, 0]], [8, [5, 2, 1, 0]], [10, [6, 3, 1, 0]], [50, [30, 15, 4, 1]], [100, [60, 30, 8, 2]], [-3, [0, 0, 0, 0]]
]
for (const [seats, expected] of SEATS) {
  test(`${seats} seats by largest remainder: ${expected.join('/')}`, () => assert.deepEqual(Object.values(quotaSeats(seats)), expected))
}

test('seats add up and are never more than one away from the share', () => {
  fc.assert(fc.property(fc.nat(2000), seats => {
    const found = quotaSeats(seats)
    assert.equal(Object.values(found).reduce((sum, count) => sum + count, 0), seats)
    for (const [type, share] of Object.entries(NODE_TYPE_SHARES)) assert.ok(Math.abs(found[type as keyof typeof found] - seats * share / 1000) < 1)
  }))
})

const S = 1000
const MIN = 60 * S
const H = 60 * MIN
// cause, then ms after the first, second and hundredth failure with the least jitter, then after the first with the most
const COOLDOWNS: readonly (readonly [keyof typeof GOODBYE_REASON | 'dial-failed' | 'lost', number, number, number, number])[] = [
  ['shutdown', 10 * S, 20 * S, 5 * MIN, 15 * S],
  ['incompatibleVersion', H, 2 * H, 24 * H, 1.25 * H],
  ['chainIdMismatch', 24 * H, 24 * H, 24 * H, 30 * H],
  ['genesisMismatch', 24 * H, 24 * H, 24 * H, 30 * H],
  ['clockSkew', 10 * MIN, 20 * MIN, 6 * H, 12.5 * MIN],
  ['duplicateNodeId', H, 2 * H, 24 * H, 1.25 * H],
  ['tooManyPeers', 30 * S, MIN, 30 * MIN, MIN],
  ['lowReputation', 15 * MIN, 30 * MIN, 6 * H, 18.75 * MIN],
  ['banned', H, 2 * H, 24 * H, 1.25 * H],
  ['rateLimited', MIN, 2 * MIN, 30 * MIN, 1.25 * MIN],
  ['invalidMessage', 10 * MIN, 20 * MIN, 6 * H, 12.5 * MIN],
  ['duplicateConnection', 5 * S, 10 * S, MIN, 7.5 * S],
  ['sessionFailed', MIN, 2 * MIN, H, 1.25 * MIN],
  ['dial-failed', S, 2 * S, 5 * MIN, 1.25 * S],
  ['lost', 2 * S, 4 * S, 5 * MIN, 3 * S]
]
for (const [name, first, second, hundredth, most] of COOLDOWNS) {
  test(`after ${name} a peer is left alone for ${first / S} s, then longer, up to ${hundredth / S} s`, () => {
    const cause: CooldownCause = name === 'dial-failed' || name === 'lost' ? name : GOODBYE_REASON[name]
    assert.deepEqual([1, 2, 100].map(failures => cooldownMs(cause, failures, { random: () => 0 })), [first, second, hundredth])
    assert.ok(Math.abs(cooldownMs(cause, 1, { random: () => 1 - 2 ** -53 }) - most) <= 1)
  })
}

test('every goodbye reason has its row, and an unknown one is answered with patience', () => {
  assert.deepEqual(Object.keys(GOODBYE_COOLDOWNS).sort(), Object.keys(GOODBYE_REASON).sort())
  assert.equal(COOLDOWNS.length, Object.keys(GOODBYE_REASON).length + 2)
  assert.equal(cooldownMs(14, 1, { random: () => 0 }), 10 * MIN)
})

// told → waited; no word of a peer makes us come at once or never again
const TOLD: readonly (readonly [number | undefined, number])[] = [[undefined, H], [30 * MIN, 30 * MIN], [0, MIN], [-5, MIN], [1e15, 24 * H], [NaN, H], [Infinity, H]]
for (const [toldMs, waited] of TOLD) {
  test(`a peer that bans for ${toldMs} ms is left alone for ${waited / MIN} min`, () => {
    assert.equal(cooldownMs(GOODBYE_REASON.banned, 1, { random: () => 0, toldMs }), waited)
    assert.equal(cooldownMs(GOODBYE_REASON.shutdown, 1, { random: () => 0, toldMs }), 10 * S)
  })
}

test('whatever the cause and the count, a cool-down is a positive number of at most 30 h and never shrinks with failures', () => {
  const failures = fc.oneof(fc.integer(), fc.double())
  fc.assert(fc.property(fc.oneof(fc.nat(65_535), fc.constantFrom('dial-failed' as const, 'lost' as const)), failures, fc.double({ min: 0, max: 0.999, noNaN: true }), (cause, failures, r) => {
    const ms = cooldownMs(cause, failures, { random: () => r })
    assert.ok(Number.isInteger(ms) && ms >= S && ms <= 30 * H)
    if (failures < 1e6) assert.ok(cooldownMs(cause, failures + 1, { random: () => r }) >= ms)
  }))
})
