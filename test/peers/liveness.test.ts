import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TosError } from '../../src/errors/index.ts'
import type { TosErrorCode } from '../../src/errors/index.ts'
import { createLiveness, createPeerMeasures, judgePing, LIVENESS_RULES, livenessRules } from '../../src/peers/measures/index.ts'
import type { Liveness, LivenessDeps, PeerMeasures } from '../../src/peers/measures/index.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

interface Fake {
  readonly clock: VirtualClock
  readonly liveness: Liveness
  readonly measures: PeerMeasures
  /** Pings sent: peer and seconds since the start. */
  readonly sent: Array<readonly [string, number]>
  readonly parted: Array<readonly [string, { misses: number, othersAnswer: boolean }, number]>
  readonly missed: string[]
  lagMs: number
  most: number
}

/** How a peer answers: a round trip in ms, silence, or an error. */
type Answer = number | 'silent' | TosError

function createFake (answer: (peer: string, nth: number) => Answer, random: () => number = () => 0.5): Fake {
  const clock = createVirtualClock(0)
  const measures = createPeerMeasures({ clock: clock.now })
  const [sent, parted, missed]: [Array<readonly [string, number]>, Fake['parted'], string[]] = [[], [], []]
  let running = 0
  const ping: LivenessDeps['ping'] = (peer, { timeoutMs }) => {
    const reply = answer(peer, sent.filter(([to]) => to === peer).length)
    sent.push([peer, Math.round(clock.now() / 1000)])
    fake.most = Math.max(fake.most, ++running)
    return new Promise((resolve, reject) => {
      const end = (): void => {
        running--
        if (typeof reply === 'number') resolve(reply)
        else reject(reply === 'silent' ? new TosError('TIMEOUT', 'no answer') : reply)
      }
      clock.after(typeof reply === 'number' ? reply : reply === 'silent' ? timeoutMs : 1, end)
    })
  }
  const fake: Fake = {
    clock, measures, sent, parted, missed, lagMs: 0, most: 0,
    liveness: createLiveness({
      measures, ping, random, clock: clock.now, lagMs: () => fake.lagMs,
      schedule: (run, ms) => clock.after(ms, run),
      missed: peer => { missed.push(peer) },
      part: (peer, facts) => { parted.push([peer, facts, Math.round(clock.now() / 1000)]) }
    })
  }
  return fake
}

function join (fake: Fake, ...peers: string[]): void {
  for (const peer of peers) {
    fake.measures.connected(peer)
    fake.liveness.add(peer)
  }
}

test('a peer is pinged a second after its session and every 60 s from then on, and its round trip is kept', async () => {
  const fake = createFake((_peer, nth) => nth === 0 ? 80 : 40)
  join(fake, 'a')
  await fake.clock.advance(200_000)
  assert.deepEqual(fake.sent.map(([, at]) => at), [1, 61, 121, 181])
  const { rttMs, minRttMs, lastRttMs, pings } = fake.measures.of('a') ?? {}
  // 80, then an eighth of the way to 40 three times
  assert.deepEqual([rttMs, minRttMs, lastRttMs, pings], [40 + 40 * (7 / 8) ** 3, 40, 40, { answered: 4, lost: 0 }])
})

test('pings spread over 45 to 75 s, so that peers who came together drift apart', async () => {
  let state = 1
  const random = (): number => (state = state * 48271 % 2147483647) / 2147483647
  const fake = createFake(() => 10, random)
  join(fake, ...Array.from({ length: 40 }, (_, at) => `p${at}`))
  await fake.clock.advance(80_000)
  const second = [...Map.groupBy(fake.sent, ([peer]) => peer).values()].map(([first, next]) => [(first as [string, number])[1], (next as [string, number])[1]] as const)
  assert.ok(second.every(([first, next]) => first <= 2 && next - first >= 44 && next - first <= 76), JSON.stringify(second))
  assert.ok(new Set(second.map(([, next]) => next)).size > 15)
})

test('three misses in a row part a peer two minutes after its last answer; the one that answers stays', async () => {
  const fake = createFake((peer, nth) => peer === 'dead' && nth > 0 ? 'silent' : 20)
  join(fake, 'dead', 'b', 'c')
  await fake.clock.advance(300_000)
  // 61 s + three time-outs of 10 s and two pauses of 7.5 s
  assert.deepEqual(fake.parted, [['dead', { misses: 3, othersAnswer: true }, 106]])
  assert.deepEqual([fake.missed, fake.measures.of('dead')?.pings], [['dead', 'dead', 'dead'], { answered: 1, lost: 3 }])
  assert.equal(fake.sent.filter(([peer]) => peer === 'dead').length, 4, 'it is left alone then')
  assert.ok(fake.sent.filter(([peer]) => peer === 'b').length >= 5)
})

test('an answer after two misses clears them', async () => {
  const fake = createFake((_peer, nth) => nth % 3 === 2 ? 20 : 'silent')
  join(fake, 'a', 'b')
  await fake.clock.advance(600_000)
  assert.deepEqual(fake.parted, [])
  assert.ok(fake.missed.length > 10)
})

test('when nobody answers, no peer is blamed: our own network may be what failed', async () => {
  const fake = createFake((_peer, nth) => nth === 0 ? 20 : 'silent')
  join(fake, 'a', 'b', 'c')
  await fake.clock.advance(300_000)
  assert.deepEqual(fake.parted.map(([peer, { othersAnswer }]) => [peer, othersAnswer]), [['a', false], ['b', false], ['c', false]])
})

test('while our own loop lags no miss is charged and no round trip believed', async () => {
  const fake = createFake(peer => peer === 'slow' ? 'silent' : 700)
  fake.lagMs = 501
  join(fake, 'slow', 'a')
  await fake.clock.advance(300_000)
  assert.deepEqual([fake.parted, fake.missed, fake.measures.of('a')?.rttMs], [[], [], undefined])
  assert.equal(fake.measures.of('a')?.pings.lost, 0)
  fake.lagMs = 500
  await fake.clock.advance(300_000)
  assert.deepEqual([fake.parted.length, fake.measures.of('a')?.rttMs], [1, 700])
})

test('at most eight pings are under way, whoever is silent, and everybody has a turn', async () => {
  const fake = createFake(() => 'silent')
  join(fake, ...Array.from({ length: 50 }, (_, at) => `p${at}`))
  await fake.clock.advance(70_000)
  assert.equal(fake.most, LIVENESS_RULES.inFlight)
  assert.equal(new Set(fake.sent.map(([peer]) => peer)).size, 50)
})

test('a peer that leaves while it is pinged counts nothing, and stop leaves no timer', async () => {
  const fake = createFake(() => 'silent')
  join(fake, 'a', 'b')
  await fake.clock.advance(5000)
  fake.liveness.remove('a')
  fake.liveness.stop()
  await fake.clock.advance(60_000)
  assert.deepEqual([fake.parted, fake.missed, fake.clock.pending, fake.liveness.dump()], [[], [], 0, { watched: 0, pinging: 0 }])
})

const VERDICTS: ReadonlyArray<readonly [TosErrorCode, boolean, ReturnType<typeof judgePing>]> = [
  ['TIMEOUT', false, 'miss'], ['STREAM_CLOSED', false, 'miss'], ['PEER_UNREACHABLE', false, 'miss'],
  ['RATE_LIMITED', true, 'alive'], ['BUSY', true, 'alive'], ['PROTOCOL_UNSUPPORTED', false, 'alive'],
  ['BUSY', false, 'void'], ['ABORTED', false, 'void'], ['NO_SESSION', false, 'void']
]
for (const [code, remote, verdict] of VERDICTS) {
  test(`a ping that ends with ${code}${remote ? ' of the peer' : ''} is ${verdict}`, () => { assert.equal(judgePing(code, remote), verdict) })
}

test('a shorter interval shortens everything else, a longer one does not lengthen it', () => {
  assert.deepEqual(livenessRules(60_000), LIVENESS_RULES)
  const { timeoutMs, retryMs, misses } = livenessRules(6000)
  assert.deepEqual([timeoutMs, retryMs, misses, livenessRules(600_000).timeoutMs], [1000, 500, 3, 10_000])
})
