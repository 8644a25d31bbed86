import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { TosError } from '../../src/errors/index.ts'
import { createStem, createStemRouter, STEM } from '../../src/gossip/stem/index.ts'
import type { CheckedTransaction, Stem, StemDeps, StemRoute } from '../../src/gossip/stem/index.ts'
import type { TxAnnounce } from '../../protocols/index.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

const SENDER = Buffer.alloc(32, 9)

/** Transactions of the tests: a nonce and padding; one that begins with 255 is badly signed. */
const transaction = (nonce: number, size = 10): Uint8Array => Buffer.alloc(size, nonce)
const check = (data: Uint8Array): CheckedTransaction => {
  if (data[0] === 255) throw new TosError('INVALID_TRANSACTION', 'bad signature')
  return { id: hash('sha256', data, 'buffer'), sender: SENDER, nonce: BigInt(data[0] as number), fee: 1n, priority: 0, privacyLevel: 2, energyUsed: 0n }
}
const announceOf = (data: Uint8Array): TxAnnounce => {
  const { id, fee, priority, privacyLevel, energyUsed } = check(data)
  return { txHash: id, fee, priority, privacyLevel, energyUsed }
}

interface Bench {
  readonly clock: VirtualClock
  readonly stem: Stem
  readonly sent: Array<[peer: string, nonce: number]>
  readonly fluffed: Array<[nonce: number, own: boolean]>
  readonly penalised: string[]
  readonly errors: unknown[]
  readonly failed: string[]
}

interface Settings extends Partial<Omit<StemDeps, 'send'>> {
  readonly route?: (from: string | undefined) => StemRoute
  readonly refuse?: (peer: string) => Error | undefined
}

/** One node whose stems are `a` and `b`, and which fluffs nothing of itself. */
function bench ({ route = () => ({ fluff: false, stems: ['a', 'b'] }), refuse = () => undefined, ...deps }: Settings = {}): Bench {
  const clock = createVirtualClock()
  const sent: Bench['sent'] = []
  const fluffed: Bench['fluffed'] = []
  const penalised: string[] = []
  const errors: unknown[] = []
  const failed: string[] = []
  const stem = createStem({
    clock, random: seededRandom(1), router: { route, failed: peer => { failed.push(peer) } }, check, known: () => false, nextNonce: () => 0n,
    async send (peer, _announce, data) {
      const error = refuse(peer)
      if (error !== undefined) throw error
      sent.push([peer, data[0] as number])
    },
    async fluff (data, own) { fluffed.push([data[0] as number, own]) },
    penalise: peer => { penalised.push(peer) },
    onError: error => { errors.push(error) },
    ...deps
  })
  return { clock, stem, sent, fluffed, penalised, errors, failed }
}

test('a transaction of our own goes to one stem, and is fluffed when the embargo ends', async () => {
  const { clock, stem, sent, fluffed } = bench()
  assert.deepEqual(Buffer.from(stem.submit(transaction(1))), check(transaction(1)).id)
  await clock.advance(0)
  assert.deepEqual([sent, fluffed], [[['a', 1]], []])
  await clock.advance(STEM.embargoMostMs)
  assert.deepEqual([sent.length, fluffed], [1, [[1, true]]])
  assert.equal(clock.pending, 0)
})

test('embargoes last 39 s on average and 390 s at most, for every node that has seen the transaction', async () => {
  const times: number[] = []
  const clock = createVirtualClock()
  const begun = clock.now()
  const { stem } = bench({ clock, random: seededRandom(7), async fluff () { times.push(clock.now() - begun) } })
  for (let nonce = 0; nonce < 200; nonce++) await stem.received(announceOf(transaction(nonce)), transaction(nonce), `p${nonce}`)
  await clock.advance(STEM.embargoMostMs)
  assert.equal(times.length, 200)
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  assert.ok(Math.abs(mean - STEM.embargoMs) < 0.2 * STEM.embargoMs, `mean ${mean}`)
})

test('what has become public is not fluffed again', async () => {
  const { clock, stem, fluffed } = bench({ known: async () => clock.now() > begun + 1 })
  const begun = clock.now()
  await stem.received(announceOf(transaction(1)), transaction(1), 'x')
  await clock.advance(STEM.embargoMostMs)
  assert.deepEqual([fluffed, clock.pending], [[], 0])
})

test('a stem that fails is told of, and the other one takes its place; without any the transaction waits, and is not flooded', async () => {
  let broken = ['a']
  const { clock, stem, sent, fluffed, failed } = bench({ random: () => 0.9, refuse: peer => broken.includes(peer) ? new TosError('STREAM_CLOSED', 'gone') : undefined })
  stem.submit(transaction(1))
  await clock.advance(0)
  assert.deepEqual([sent, failed], [[['b', 1]], ['a']])
  broken = ['a', 'b']
  stem.submit(transaction(2))
  await clock.advance(STEM.retryMs * 3)
  assert.deepEqual([sent.length, fluffed], [1, []])
  broken = []
  await clock.advance(STEM.retryMs)
  assert.deepEqual(sent, [['b', 1], ['a', 2]])
  await clock.advance(STEM.retryMs * 5)
  assert.equal(sent.length, 2)
})

test('a stem that is merely busy stays one', async () => {
  const { clock, stem, sent, failed } = bench({ refuse: peer => peer === 'a' ? new TosError('RATE_LIMITED', 'too many') : undefined })
  stem.submit(transaction(1))
  await clock.advance(0)
  assert.deepEqual([sent, failed], [[['b', 1]], []])
})

test('in an epoch that fluffs, the transactions of others are fluffed at once', async () => {
  const { clock, stem, sent, fluffed } = bench({ route: from => ({ fluff: from !== undefined, stems: ['a'] }) })
  await stem.received(announceOf(transaction(1)), transaction(1), 'x')
  stem.submit(transaction(2))
  await clock.advance(0)
  assert.deepEqual([fluffed, sent], [[[1, false]], [['a', 2]]])
})

test('a transaction that comes round is passed on once more for the other peer, then dropped', async () => {
  const { clock, stem, sent } = bench({ route: from => ({ fluff: false, stems: [`for ${from}`] }) })
  for (const from of ['x', 'x', 'y', 'y', 'z', 'x']) await stem.received(announceOf(transaction(1)), transaction(1), from)
  await clock.advance(0)
  assert.deepEqual(sent, [['for x', 1], ['for y', 1]])
})

test('bad bytes and false announcements are charged, spent and public ones dropped, none of them passed on', async () => {
  const { clock, stem, sent, fluffed, penalised } = bench({ nextNonce: () => 5n, known: id => Buffer.compare(id, check(transaction(9)).id) === 0 })
  await stem.received(announceOf(transaction(6)), transaction(255), 'forger')
  await stem.received(announceOf(transaction(6)), transaction(7), 'other')
  for (const field of ['fee', 'energyUsed', 'priority', 'privacyLevel'] as const) {
    const announce = announceOf(transaction(6))
    await stem.received({ ...announce, [field]: typeof announce[field] === 'bigint' ? 3n : 3 }, transaction(6), field)
  }
  await stem.received(announceOf(transaction(4)), transaction(4), 'late')
  await stem.received(announceOf(transaction(9)), transaction(9), 'late')
  await clock.advance(STEM.embargoMostMs)
  assert.deepEqual(penalised, ['forger', 'other', 'fee', 'energyUsed', 'priority', 'privacyLevel'])
  assert.deepEqual([sent, fluffed, clock.pending], [[], [], 0])
  assert.throws(() => stem.submit(transaction(4)), { code: 'INVALID_TRANSACTION' })
  assert.throws(() => stem.submit(transaction(255)), { code: 'INVALID_TRANSACTION' })
})

test('one peer fills its own share only, all of them theirs, and ours stays free', async () => {
  const { clock, stem, sent } = bench()
  const { pool } = STEM
  const numbered = (number: number): Uint8Array => Buffer.from(String(number).padStart(8, '0'))
  const take = (number: number, from: string): Promise<void> => stem.received(announceOf(numbered(number)), numbered(number), from)
  for (let i = 0; i < pool.peerCount + 50; i++) await take(i, 'one')
  await clock.advance(0)
  assert.equal(sent.length, pool.peerCount)
  for (let i = 0; i < pool.count; i++) await take(10_000 + i, `p${i % 20}`)
  await clock.advance(0)
  assert.equal(sent.length, pool.count)
  for (let i = 0; i < pool.ownCount; i++) stem.submit(numbered(20_000 + i))
  assert.throws(() => stem.submit(numbered(30_000)), { code: 'MEMPOOL_FULL' })
  await clock.advance(STEM.embargoMostMs)
  assert.equal(clock.pending, 0)
  await take(40_000, 'one')
  await clock.advance(0)
  assert.equal(sent.length, pool.count + pool.ownCount + 1)
})

test('bytes are bounded as well as counts', async () => {
  const { clock, stem, sent } = bench()
  for (let i = 0; i < 5; i++) await stem.received(announceOf(transaction(i, 1 << 20)), transaction(i, 1 << 20), 'one')
  await clock.advance(0)
  assert.equal(sent.length, STEM.pool.peerBytes >> 20)
})

test('the nonce after our own on their stems is told to us; what others sent does not move it', async () => {
  const { stem } = bench()
  await stem.received(announceOf(transaction(0)), transaction(0), 'x')
  assert.equal(stem.nextNonce(SENDER, 0n), 0n)
  stem.submit(transaction(1))
  stem.submit(transaction(2))
  assert.deepEqual([stem.nextNonce(SENDER, 1n), stem.nextNonce(SENDER, 0n), stem.nextNonce(Buffer.alloc(32), 1n)], [3n, 0n, 1n])
})

test('a failure of our own fluff is told, one of a stranger\'s transaction is not', async () => {
  const { clock, stem, errors } = bench({ async fluff () { throw new TosError('MEMPOOL_FULL', 'full') } })
  await stem.received(announceOf(transaction(1)), transaction(1), 'x')
  await clock.advance(STEM.embargoMostMs)
  assert.equal(errors.length, 0)
  stem.submit(transaction(2))
  await clock.advance(STEM.embargoMostMs)
  assert.equal(errors.length, 1)
})

test('a stopped stem has no timers, and takes nothing', async () => {
  const { clock, stem, sent } = bench({ refuse: () => new TosError('STREAM_CLOSED', 'gone') })
  stem.submit(transaction(1))
  await clock.advance(0)
  stem.stop()
  await stem.received(announceOf(transaction(2)), transaction(2), 'x')
  await clock.advance(STEM.embargoMostMs)
  assert.deepEqual([clock.pending, sent], [0, []])
})

test('in any network, loops and dead ends included, every transaction becomes public by the end of its embargo', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 3 }), async (seed, size, degree) => {
    const random = seededRandom(seed)
    const clock = createVirtualClock()
    const seen = new Set<number>()
    const names = Array.from({ length: size }, (_, i) => `n${i}`)
    let hops = 0
    const nodes = new Map<string, Stem>(names.map(name => {
      const peers = names.filter(other => other !== name && random() < degree / size).map(peer => ({ peer, group: undefined }))
      return [name, createStem({
        clock, random, router: createStemRouter({ now: clock.now, random, peers: () => peers }), check, nextNonce: () => 0n,
        known: id => [...seen].some(nonce => Buffer.compare(check(transaction(nonce)).id, id) === 0),
        async send (peer, announce, data) {
          hops++
          // a stem may swallow what it is sent
          if (random() < 0.8) await nodes.get(peer)?.received(announce, data, name)
        },
        async fluff (data) { seen.add(data[0] as number) },
        penalise: () => { assert.fail('nobody is at fault') },
        onError: error => { throw error }
      })]
    }))
    for (let nonce = 0; nonce < 5; nonce++) nodes.get(names[nonce % size] as string)?.submit(transaction(nonce))
    await clock.advance(STEM.embargoMostMs)
    assert.equal(seen.size, 5)
    assert.ok(hops <= 5 * size * STEM.passes, `${hops} hops`)
    assert.equal(clock.pending, 0)
  }), { numRuns: 25 })
})
