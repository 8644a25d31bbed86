import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { createSchedule } from '../../src/chain/sync/schedule.ts'
import type { BodyRequest, Schedule, ScheduleLimits } from '../../src/chain/sync/schedule.ts'

const LIMITS: ScheduleLimits = { inFlightBytes: 1_000_000, perPeer: 4, batch: 64, batchBytes: 100_000, firstBytes: 100_000, requestTimeoutMs: 20_000 }
const SIZE = 1000
const all = ({ items }: BodyRequest, size = SIZE): Map<number, number> => new Map(items.map(item => [item, size]))
const schedule = (count: number, peers: string[], limits: Partial<ScheduleLimits> = {}): Schedule => {
  const made = createSchedule(count, { ...LIMITS, ...limits })
  for (const peer of peers) made.join(peer)
  return made
}
const by = (sent: readonly BodyRequest[], peer: string): BodyRequest => sent.find(request => request.peer === peer) as BodyRequest
const consume = (held: Set<number>, made: Schedule): void => { while (held.delete(made.front)) made.consumed() }

test('each peer begins with one small request; after an answer it gets more and larger ones', () => {
  const made = schedule(500, ['a', 'b'])
  const first = made.plan(0)
  assert.deepEqual(first.map(({ peer, items }) => [peer, items]), [['a', [0]], ['b', [1]]])
  made.answered(by(first, 'a').id, all(by(first, 'a')), [], 10)
  const second = made.plan(10)
  assert.deepEqual(second.map(({ peer }) => peer), ['a', 'a'])
  assert.deepEqual(second[0]?.items, Array.from({ length: 32 }, (_, i) => i + 2), '64 KiB of blocks guessed at 2,000 B')
})

test('what the order waits for is asked of another peer when late, once, and of nobody before', () => {
  const made = schedule(3, ['slow', 'b', 'c'])
  const [slow, b, c] = made.plan(0) as [BodyRequest, BodyRequest, BodyRequest]
  made.answered(b.id, all(b), [], 10)
  made.answered(c.id, all(c), [], 10)
  assert.deepEqual(made.plan(200), [], 'not late yet')
  assert.equal(made.wakeAt(200), 250)
  const [help, ...rest] = made.plan(250) as [BodyRequest]
  assert.deepEqual([help.items, help.hedge, rest.length], [[0], true, 0])
  assert.deepEqual(made.plan(20_000 - 1), [], 'never a third')
  const result = made.answered(help.id, all(help), [], 260)
  assert.deepEqual([result?.fresh, result?.beaten], [[0], [{ request: slow, out: true }]], 'a peer that never answered goes')
})

test('a peer that answered before may be beaten twice in a row; the third time it goes', () => {
  const made = schedule(5000, ['slow'], { inFlightBytes: 200_000 })
  const [first] = made.plan(0) as [BodyRequest]
  made.answered(first.id, all(first), [], 10)
  made.consumed()
  made.plan(10)
  made.join('quick')
  const outs: boolean[] = []
  const held = new Set<number>()
  for (let now = 2010; outs.length < 3; now += 2000) {
    assert.ok(now < 100_000, 'it comes to that')
    for (const request of made.plan(now).filter(({ peer }) => peer === 'quick')) {
      const result = made.answered(request.id, all(request), [], now + 1)
      for (const item of result?.fresh ?? []) held.add(item)
      outs.push(...result?.beaten.map(({ out }) => out) ?? [])
    }
    consume(held, made)
  }
  assert.deepEqual(outs, [false, false, true])
})

test('the time-out follows the measured answers, within bounds', () => {
  const made = schedule(200, ['a'])
  const [first] = made.plan(0) as [BodyRequest]
  assert.equal(first.dueAt, 20_000)
  made.answered(first.id, all(first), [], 1000)
  assert.equal((made.plan(1000)[0] as BodyRequest).dueAt, 1000 + 2 * (1000 + 4 * 500))
  assert.deepEqual(made.expired(6999), [])
  assert.equal(made.expired(7000).length, 2)
  const quick = schedule(200, ['a'])
  const [one] = quick.plan(0) as [BodyRequest]
  quick.answered(one.id, all(one), [], 1)
  assert.equal((quick.plan(1)[0] as BodyRequest).dueAt, 2001, 'never below two seconds')
})

test('bytes asked for and waiting keep to the budget, but the front always goes', () => {
  const made = schedule(100, ['a', 'b'], { inFlightBytes: 150_000 })
  const [first, ...none] = made.plan(0)
  assert.deepEqual([first?.items, none.length, made.bytes], [[0], 0, 100_000])
  made.answered((first as BodyRequest).id, all(first as BodyRequest, 90_000), [], 10)
  made.consumed()
  assert.deepEqual(made.plan(10).map(({ items }) => items), [[1]], 'one of the guessed 180,000 bytes is above the budget, yet it goes')
})

test('a peer that lacks a block is not asked for it again; one that lacks three requests is not asked for what follows', () => {
  const made = schedule(50, ['behind'])
  for (let turn = 0; turn < 3; turn++) {
    const [request] = made.plan(turn) as [BodyRequest]
    assert.equal(request.items[0], turn)
    made.answered(request.id, new Map(), request.items, turn)
  }
  assert.deepEqual(made.plan(9), [])
  assert.equal(made.stuck(), true)
  made.join('whole')
  assert.equal(made.stuck(), false)
  assert.equal(by(made.plan(9), 'whole').items[0], 0)
})

test('a busy peer is asked again after a pause that doubles, and goes after the sixth', () => {
  const made = schedule(1, ['a'])
  let now = 0
  for (const pause of [500, 1000, 2000, 4000, 8000, undefined]) {
    const [request] = made.plan(now) as [BodyRequest]
    made.failed(request.id)
    assert.equal(made.pause('a', now), pause !== undefined)
    if (pause === undefined) return
    assert.deepEqual(made.plan(now + pause - 1), [])
    assert.equal(made.wakeAt(now), now + pause)
    now += pause
  }
})

/** What a peer does with one request, chosen at random: a whole answer, a part, nothing of it, a failure, silence. */
const deed = fc.constantFrom('whole', 'part', 'lacks', 'busy', 'gone', 'silent', 'lie')

test('whatever peers do: two owners only by a hedge, bytes bounded, every block asked again after a failure, and one honest peer is enough', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 5 }), fc.infiniteStream(deed), fc.infiniteStream(fc.nat({ max: 1 << 20 })), (count, liars, deeds, dice) => {
    const made = schedule(count, ['honest', ...Array.from({ length: liars }, (_, i) => `p${i}`)], { inFlightBytes: 300_000 })
    const open = new Map<number, BodyRequest>()
    const held = new Set<number>()
    const roll = (below: number): number => dice.next().value % below
    let now = 0
    let steps = 0
    const owners = (item: number): BodyRequest[] => [...open.values()].filter(({ items }) => items.includes(item))
    const pump = (): void => {
      for (const request of made.expired(now)) drop(request.peer)
      for (const request of made.plan(now)) {
        open.set(request.id, request)
        for (const item of request.items) {
          assert.ok(owners(item).length <= (request.hedge ? 2 : 1), 'one owner, or two by a hedge')
          assert.ok(!held.has(item) && item >= made.front, 'nothing is asked for that is here')
        }
      }
      assert.ok(made.bytes <= 300_000 + LIMITS.firstBytes, `${made.bytes} bytes`)
    }
    const drop = (peer: string): void => {
      for (const request of made.leave(peer)) open.delete(request.id)
      // the honest one is always there, others may come back
      if (peer === 'honest' || roll(2) === 0) made.join(peer)
    }
    const act = (request: BodyRequest): void => {
      const what = request.peer === 'honest' ? 'whole' : deeds.next().value
      if (what === 'silent') return
      open.delete(request.id)
      if (what === 'gone') return drop(request.peer)
      if (what === 'busy') {
        made.failed(request.id)
        if (!made.pause(request.peer, now)) drop(request.peer)
        return
      }
      const some = what === 'part' ? request.items.slice(0, 1 + roll(request.items.length)) : what === 'lacks' ? [] : request.items
      const result = made.answered(request.id, new Map(some.map(item => [item, SIZE])), what === 'lacks' ? request.items : [], now)
      for (const { request: beaten, out } of result?.beaten ?? []) {
        open.delete(beaten.id)
        if (out) drop(beaten.peer)
      }
      for (const item of result?.fresh ?? []) {
        if (what === 'lie') made.refused(item)
        else held.add(item)
      }
      if (what === 'lie') drop(request.peer)
    }
    while (made.front < count) {
      pump()
      const waiting = [...open.values()]
      const chosen = waiting[roll(Math.max(1, waiting.length))]
      if (chosen !== undefined) act(chosen)
      consume(held, made)
      now += roll(3) === 0 ? 3000 : roll(50)
      assert.equal(made.stuck(), false, 'not while an honest peer is left')
      assert.ok(++steps < 60 * count + 600, 'progress')
    }
    assert.deepEqual([made.stuck(), held.size], [false, 0])
  }), { numRuns: 300 })
})
