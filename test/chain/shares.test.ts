import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import type { MiningShare } from '../../protocols/index.ts'
import type { TosError } from '../../src/errors/index.ts'
import { createSharePool } from '../../src/chain/shares/share-pool.ts'
import type { SharePool, SharePoolDeps } from '../../src/chain/shares/share-pool.ts'
import { answerOf, createHashWork } from '../../src/chain/shares/share-work.ts'
import { solveShare } from '../../src/chain/shares/solve-share.ts'
import { meetsTarget, targetOf } from '../../src/chain/block/proof-of-work.ts'
import { toHex } from '../../src/wire/index.ts'
import * as any from '../support/arbitraries.ts'
import { SHARE_NET, makeShare, shareSigner } from '../support/shares.ts'

const START = 1_800_000_000_000
const alice = shareSigner(1)
const signal = new AbortController().signal
const from = (peer: string): { peer: string, signal: AbortSignal } => ({ peer, signal })
const work = createHashWork({ minDifficulty: 16n })
const DIFFERENT = Array.from({ length: 20 }, (_, i) => ({ taskId: Buffer.alloc(32, i + 1) }))

interface World { pool: SharePool, time: { ms: number }, charged: string[], published: MiningShare[] }

function setUp (deps: Partial<SharePoolDeps> = {}): World {
  const time = { ms: START }
  const charged: string[] = []
  const published: MiningShare[] = []
  const pool = createSharePool({
    network: SHARE_NET, work, clock: { now: () => time.ms }, penalise: (peer, code) => { charged.push(`${peer} ${code}`) },
    publish: async share => { published.push(share); return 3 }, ...deps
  })
  return { pool, time, charged, published }
}

test('a share with work and signature is accepted once, listed and counted for its miner', async () => {
  const { pool, charged } = setUp()
  const share = await makeShare(alice, START)
  assert.equal(await pool.share(share, from('p')), 'accept')
  assert.equal(await pool.share(share, from('q')), 'ignore')
  const [held] = pool.list()
  assert.deepEqual([pool.list().length, held?.origin, held?.at, held?.share.nonce], [1, 'topic', START, share.nonce])
  assert.deepEqual(pool.miners(), [{ miner: toHex(alice.minerId), shares: 1, work: 16n, quality: 80, lastAt: START }])
  assert.deepEqual([pool.dump()['accepted'], pool.dump()['known'], charged.length], [1, 1, 0])
})

test('whatever bit of a good share is changed, it is not accepted: the signature covers all of it', async () => {
  const share = await makeShare(alice, START)
  const fields = ['taskId', 'minerId', 'blockHash', 'answerHash', 'signature'] as const
  await fc.assert(fc.asyncProperty(fc.constantFrom(...fields), fc.nat(31), fc.integer({ min: 1, max: 255 }), async (field, at, mask) => {
    const { pool } = setUp()
    const bytes = Uint8Array.from(share[field])
    bytes[at] = (bytes[at] as number) ^ mask
    assert.equal(await pool.share({ ...share, [field]: bytes }, from('p')), 'reject')
    assert.equal(pool.list().length, 0)
  }), { numRuns: 40 })
  for (const changes of [{ qualityScore: 81 }, { energyUsed: 4n }, { stakeAmount: 1n }, { timestamp: share.timestamp - 1n }]) {
    assert.equal(await setUp().pool.share({ ...share, ...changes }, from('p')), 'reject', Object.keys(changes).join())
  }
})

test('random shares are never accepted, and nothing but a verdict comes of them', async () => {
  await fc.assert(fc.asyncProperty(any.miningShares, async share => {
    const { pool } = setUp()
    assert.notEqual(await pool.share(share, from('p')), 'accept')
    assert.equal(pool.list().length, 0)
  }), { numRuns: 60 })
})

test('a share of another network is not accepted', async () => {
  assert.equal(await setUp().pool.share(await makeShare(shareSigner(1, 'testnet'), START), from('p')), 'reject')
})

test('wrong work is charged to who forwards it, and its repetition without another check', async () => {
  let checks = 0
  const { pool, charged } = setUp({ work: { isCheap: false, check: () => { checks++; return 'invalid' } } })
  const share = await makeShare(alice, START)
  assert.equal(await pool.share(share, from('p')), 'reject')
  assert.equal(await pool.share(share, from('q')), 'reject')
  assert.deepEqual([charged, checks, pool.dump()['invalid']], [['p INVALID_SHARE', 'q INVALID_SHARE'], 1, 2])
})

test('a work check that cannot tell drops the share and charges nobody', async () => {
  const { pool, charged } = setUp({ work: { isCheap: false, check: async () => 'unknown' as const } })
  assert.equal(await pool.share(await makeShare(alice, START), from('p')), 'ignore')
  assert.deepEqual([charged.length, pool.dump()['ignored']], [0, 1])
  const weak = setUp()
  assert.equal(await weak.pool.share(await makeShare(alice, START, { difficulty: 15n }), from('p')), 'ignore')
  assert.equal(weak.charged.length, 0)
})

test('a cheap work check comes before the signature, an expensive one after it', async () => {
  const forged = { ...await makeShare(alice, START), signature: Buffer.alloc(64, 9) }
  const checks = { cheap: 0, expensive: 0 }
  for (const name of ['cheap', 'expensive'] as const) {
    await setUp({ work: { isCheap: name === 'cheap', check: () => { checks[name]++; return 'valid' } } }).pool.share(forged, from('p'))
  }
  assert.deepEqual(checks, { cheap: 1, expensive: 0 })
})

test('the same share under another signature counts once; a forged twin hides nothing', async () => {
  const { pool } = setUp()
  const share = await makeShare(alice, START)
  const twin = { ...share, signature: Buffer.alloc(64, 5) }
  assert.equal(await pool.share(twin, from('liar')), 'reject')
  assert.equal(await pool.share(share, from('p')), 'accept', 'the forged twin came first')
  assert.equal(await pool.share({ ...share, signature: Buffer.alloc(64, 6) }, from('p')), 'ignore')
  assert.equal(pool.miners()[0]?.shares, 1)
})

test('the same share from two sides at once is accepted once', async () => {
  const { pool } = setUp({ work: { isCheap: false, check: async () => 'valid' as const } })
  const share = await makeShare(alice, START)
  assert.deepEqual(await Promise.all([pool.share(share, from('p')), pool.share(share, from('q'))]), ['accept', 'ignore'])
  assert.deepEqual([pool.miners()[0]?.shares, pool.dump()['pending']], [1, 0])
})

test('a clock that disagrees costs nobody anything: too old and too far ahead are dropped', async () => {
  const { pool, charged } = setUp()
  const ages: Array<[number, string]> = [[600_000, 'accept'], [601_000, 'ignore'], [-120_000, 'accept'], [-121_000, 'ignore']]
  for (const [age, verdict] of ages) assert.equal(await pool.share(await makeShare(alice, START - age), from('p')), verdict, `${age} ms old`)
  assert.equal(charged.length, 0)
})

test('a share for a block that is not held is dropped, and taken once the block is there', async () => {
  const blocks = new Set<string>()
  const { pool } = setUp({ hasBlock: hash => blocks.has(toHex(hash)) })
  const share = await makeShare(alice, START, { blockHash: Buffer.alloc(32, 4) })
  assert.equal(await pool.share(share, from('p')), 'ignore')
  blocks.add('04'.repeat(32))
  assert.equal(await pool.share(share, from('p')), 'accept')
})

test('a miner has a budget, refilled by time; forged shares in its name spend none of it', async () => {
  const { pool, time, charged } = setUp({ limits: { perMiner: { count: 4, perMs: 60_000 } } })
  for (let i = 0; i < 10; i++) await pool.share({ ...await makeShare(alice, START, { energyUsed: BigInt(i) }), signature: Buffer.alloc(64, i) }, from('liar'))
  const verdicts: string[] = []
  for (const changes of DIFFERENT.slice(0, 4)) verdicts.push(await pool.share(await makeShare(alice, START, changes), from('p')) as string)
  assert.deepEqual(verdicts, ['accept', 'accept', 'ignore', 'ignore'])
  assert.equal(await pool.share(await makeShare(shareSigner(2), START), from('p')), 'accept', 'another miner has its own')
  time.ms += 15_000
  assert.equal(await pool.share(await makeShare(alice, START, DIFFERENT[5]), from('p')), 'accept')
  assert.deepEqual(new Set(charged), new Set(['liar INVALID_SHARE']), 'the peer that passes on what is too much is not charged')
})

test('a peer has a budget: what comes above it is not even checked', async () => {
  let checks = 0
  const { pool } = setUp({ work: { isCheap: true, check: () => { checks++; return 'valid' } }, limits: { perPeer: { count: 4, perMs: 60_000 } } })
  for (const changes of DIFFERENT) await pool.share(await makeShare(alice, START, changes), from('p'))
  assert.equal(checks, 2)
  const [last] = await Promise.allSettled([pool.submitted(await makeShare(alice, START, { energyUsed: 99n }), 'p')])
  assert.equal((last as PromiseRejectedResult).reason.code, 'RATE_LIMITED')
})

test('tables keep their bounds under floods of miners, peers and names', async () => {
  const { pool } = setUp({ limits: { held: 3, seen: 5, parties: 4 } })
  for (let i = 0; i < 12; i++) await pool.share(await makeShare(shareSigner(i + 1), START), from(`p${i}`))
  const { held, seen, miners, minerBudgets, peerBudgets } = pool.dump()
  assert.deepEqual([held, seen, miners, minerBudgets, peerBudgets], [3, 5, 4, 4, 4])
  assert.deepEqual(pool.list().map(({ share }) => toHex(share.minerId)), [12, 11, 10].map(seed => toHex(shareSigner(seed).minerId)), 'the newest are kept, newest first')
  assert.equal(pool.list({ miner: toHex(shareSigner(11).minerId).toUpperCase() }).length, 1)
  assert.equal(pool.list({ max: 2 }).length, 2)
})

test('at most so many shares are under examination at a time', async () => {
  const gate = Promise.withResolvers<'valid'>()
  const { pool } = setUp({ work: { isCheap: true, check: () => gate.promise }, limits: { pending: 2 } })
  const shares = await Promise.all(DIFFERENT.slice(0, 3).map(changes => makeShare(alice, START, changes)))
  const verdicts = shares.map(async share => pool.share(share, from('p')))
  await assert.rejects(pool.submit(shares[2] as MiningShare), { code: 'BUSY' })
  gate.resolve('valid')
  assert.deepEqual(await Promise.all(verdicts), ['accept', 'accept', 'ignore'])
})

test('a share of our own is held and published once; its faults are coded', async () => {
  const { pool, published } = setUp({ limits: { perMiner: { count: 2, perMs: 60_000 } } })
  const share = await makeShare(alice, START)
  const first = await pool.submit(share)
  assert.deepEqual([first.status, first.peers, pool.list()[0]?.origin, pool.list()[0]?.id], ['accepted', 3, 'local', first.id])
  assert.deepEqual(await pool.submit(share), { id: first.id, status: 'known', peers: 0 })
  assert.equal(published.length, 1)
  assert.equal(await pool.share(share, from('p')), 'ignore', 'it comes back from the network')
  assert.equal((await pool.submit({ ...share, signature: Buffer.alloc(64) })).id, first.id, 'another signature is no other share')
  const refused = (share: MiningShare, rule: string): Promise<void> =>
    assert.rejects(pool.submit(share), (error: TosError) => error.code === 'INVALID_SHARE' && error.details?.['rule'] === rule)
  const bob = await makeShare(shareSigner(2), START)
  await refused({ ...bob, signature: Buffer.alloc(64) }, 'signature')
  await refused({ ...bob, answerHash: Buffer.alloc(32) }, 'work')
  await refused(await makeShare(alice, START - 700_000), 'stale')
  await assert.rejects(pool.submit({ ...bob, qualityScore: 101 }), { code: 'INVALID_VALUE' })
  await assert.rejects(pool.submit(await makeShare(alice, START, DIFFERENT[0])), { code: 'RATE_LIMITED' })
})

test('a share for a pool goes there and not over the topic, a good one only', async () => {
  const { pool, published } = setUp()
  const sent: MiningShare[] = []
  const send = async (share: MiningShare): Promise<void> => { sent.push(share) }
  const share = await makeShare(alice, START)
  await assert.rejects(pool.submit({ ...share, signature: Buffer.alloc(64) }, send), { code: 'INVALID_SHARE' })
  assert.deepEqual([(await pool.submit(share, send)).peers, sent, published], [1, [share], []])
  assert.equal((await pool.submit(share)).peers, 3, 'it may still be told to everybody')
})

test('a share that could not be published may be submitted again', async () => {
  let fail = true
  const { pool } = setUp({ publish: async () => { if (fail) throw new Error('no network'); return 1 } })
  const share = await makeShare(alice, START)
  await assert.rejects(pool.submit(share), /no network/)
  fail = false
  assert.deepEqual([(await pool.submit(share)).peers, (await pool.submit(share)).peers], [1, 0])
})

test('a pool keeps what a miner sends it, refuses forgeries, and lets the topic pass the share on once', async () => {
  const { pool, charged, published } = setUp()
  const share = await makeShare(alice, START)
  await pool.submitted(share, 'miner')
  await pool.submitted(share, 'miner')
  assert.deepEqual([pool.list()[0]?.origin, published.length], ['pool', 0])
  await assert.rejects(pool.submitted({ ...share, signature: Buffer.alloc(64) , energyUsed: 1n }, 'miner'), { code: 'INVALID_SHARE' })
  await pool.submitted(await makeShare(alice, START - 700_000), 'miner')
  assert.deepEqual([await pool.share(share, from('p')), await pool.share(share, from('p'))], ['accept', 'ignore'])
  assert.equal(charged.length, 0, 'the stream charges what it is thrown')
})

test('the search finds what the default check accepts, from any start, and can be called off', async () => {
  await fc.assert(fc.asyncProperty(any.miningShares, fc.bigInt({ min: 1n, max: 200n }), async (share, difficulty) => {
    const { nonce, answerHash } = await solveShare({ ...share, difficulty })
    const solved = { ...share, difficulty, nonce, answerHash }
    assert.ok(meetsTarget(answerOf(solved), targetOf(difficulty)))
    assert.equal(createHashWork({ minDifficulty: 1n }).check(solved), 'valid')
    assert.equal(createHashWork({ minDifficulty: 1n }).check({ ...solved, proof: Buffer.concat([solved.proof, Buffer.alloc(1)]) }), 'invalid')
  }), { numRuns: 30 })
  const leave = new AbortController()
  leave.abort()
  const share = await makeShare(alice, START)
  await assert.rejects(solveShare({ ...share, difficulty: 2n ** 63n }, { signal: leave.signal }), { code: 'ABORTED' })
  await assert.rejects(solveShare({ ...share, difficulty: 0n }), { code: 'INVALID_VALUE' })
})
