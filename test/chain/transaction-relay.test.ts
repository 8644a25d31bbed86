import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import type { TxAnnounce } from '../../protocols/index.ts'
import { createAnnouncementRecord } from '../../src/chain/relay/announcement-record.ts'
import { createFetchPool } from '../../src/chain/relay/fetch-pool.ts'
import type { Attempt, FetchPool } from '../../src/chain/relay/fetch-pool.ts'
import { createMempool } from '../../src/chain/mempool/mempool.ts'
import type { Mempool } from '../../src/chain/mempool/mempool.ts'
import { createTransactionRelay } from '../../src/chain/relay/transaction-relay.ts'
import type { TransactionRelay } from '../../src/chain/relay/transaction-relay.ts'
import { createTransactionServer } from '../../src/chain/serve/transaction-server.ts'
import { verifyMerkleProof } from '../../src/chain/block/merkle.ts'
import { never } from '../support/block-net.ts'
import { createTestLedger, extend, idOf, signer } from '../support/chain-fixture.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

const hashOf = (n: number): Uint8Array => Buffer.from(n.toString(16).padStart(64, '0'), 'hex')

/** A fetch pool whose peers do what the table says: `silent` when it says nothing. */
function setUpPool (answers: Record<string, Attempt>, others: string[] = []): { clock: VirtualClock, pool: FetchPool, asked: string[] } {
  const clock = createVirtualClock()
  const asked: string[] = []
  const start = clock.now()
  const attempt = (peer: string): Promise<Attempt> => {
    asked.push(`${peer} ${clock.now() - start}`)
    const answer = answers[peer]
    return answer === undefined ? never() : Promise.resolve(answer)
  }
  return { clock, asked, pool: createFetchPool({ clock, attempt, others: () => others }) }
}

test('a silent announcer: after 2 s the next who announced it is asked, before peers that did not', async () => {
  const { clock, pool, asked } = setUpPool({ c: 'held' }, ['x', 'y'])
  const first = pool.fetch(hashOf(1), 'a')
  await clock.advance(500)
  const rest = [pool.fetch(hashOf(1), 'b'), pool.fetch(hashOf(1), 'c'), pool.fetch(hashOf(1), 'b')]
  const results = await clock.until(Promise.all([first, ...rest]))
  assert.deepEqual(asked, ['a 0', 'b 2000', 'c 3000'])
  assert.deepEqual(results.map(({ result }) => result), ['held', 'held', 'held', 'held'])
})

test('who sent the same announcement over gossip, where only the first one is shown, is asked before other peers as well', async () => {
  const { clock, pool, asked } = setUpPool({ c: 'held' }, ['x', 'y'])
  const repeaters: string[] = []
  const fetched = pool.fetch(hashOf(1), 'a', undefined, () => repeaters)
  await clock.advance(100)
  repeaters.push('a', 'b', 'c')
  assert.equal((await clock.until(fetched)).result, 'held')
  assert.deepEqual(asked, ['a 0', 'b 2000', 'c 3000'])
})

test('one who announces it when nobody was left to ask is asked at once', async () => {
  const { clock, pool, asked } = setUpPool({ b: 'held' })
  const first = pool.fetch(hashOf(1), 'a')
  await clock.advance(3100)
  assert.equal((await pool.fetch(hashOf(1), 'b')).result, 'held')
  assert.equal((await first).result, 'held')
  assert.deepEqual(asked, ['a 0', 'b 3100'])
})

test('announcers of one hash are remembered within bounds, and four peers in all are asked', async () => {
  const { clock, pool, asked } = setUpPool({})
  const all = Array.from({ length: 30 }, (_, i) => pool.fetch(hashOf(1), `p${i}`))
  assert.ok((await clock.until(Promise.all(all))).every(({ result }) => result === 'unresolved'))
  assert.deepEqual(asked, ['p0 0', 'p1 2000', 'p2 3000', 'p3 4000'])
  assert.deepEqual([pool.dump()['fetches'], pool.dump()['waiting'], clock.pending], [0, 0, 0])
})

test('a hash buried in the flood of one peer is fetched at once when another announces it', async () => {
  const { pool, asked } = setUpPool({ good: 'held' })
  const flood = Array.from({ length: 1000 }, (_, n) => pool.fetch(hashOf(n), 'bad'))
  assert.equal((await pool.fetch(hashOf(900), 'good')).result, 'held')
  assert.equal((await (flood[900] as Promise<{ result: string }>)).result, 'held')
  assert.equal(asked.at(-1), 'good 0')
  pool.stop()
  await Promise.all(flood)
  assert.deepEqual([pool.dump()['fetches'], pool.dump()['running']], [0, 0])
})

test('excused is what was called off, stopped or crowded out; not what nobody has, nor a peer\'s own flood', async () => {
  const { clock, pool } = setUpPool({ gone: 'missing' })
  const called = new AbortController()
  const off = pool.fetch(hashOf(1), 'a', called.signal)
  called.abort()
  assert.equal((await off).isExcused, true)
  assert.equal((await pool.fetch(hashOf(2), 'gone')).isExcused, false)
  const floods = ['b', 'c', 'd', 'e'].map((peer, i) => Array.from({ length: 40 }, (_, n) => pool.fetch(hashOf(1000 * (i + 1) + n), peer)))
  const honest = pool.fetch(hashOf(3), 'honest')
  const results = await clock.until(Promise.all(floods.flat()))
  const excused = results.map(({ isExcused }, i) => isExcused ? i : -1).filter(i => i !== -1)
  assert.deepEqual(excused, Array.from({ length: 28 }, (_, i) => 124 + i), 'of the fourth, those that found the slots of all peers taken; not those behind its own')
  assert.equal((await honest).isExcused, true, 'a hundred fetches of others left no room for it')
  const stopped = pool.fetch(hashOf(4), 'a')
  pool.stop()
  assert.equal((await stopped).isExcused, true)
})

test('the record tells of a peer once more than half of its last 200 came to nothing, and begins anew then', () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 900 }), outcomes => {
    const record = createAnnouncementRecord()
    let since: boolean[] = []
    for (const good of outcomes) {
      since.push(good)
      const last = since.slice(-200)
      const told = last.length === 200 && last.filter(value => !value).length > 100
      assert.equal(record.note('a', good), told)
      if (told) since = []
    }
  }), { numRuns: 60 })
  const record = createAnnouncementRecord()
  for (let i = 0; i < 5000; i++) record.note(`${i}`, false)
  assert.equal(record.size, 2048)
})

interface World { clock: VirtualClock, mempool: Mempool, theirs: Mempool, relay: TransactionRelay, charged: string[], asked: string[], stop: () => Promise<void> }

async function setUp (maxCount = 10_000): Promise<World> {
  const clock = createVirtualClock()
  const [ledger, source] = [await createTestLedger(clock), await createTestLedger(clock)]
  const [mempool, theirs] = [createMempool({ ledger, clock, limits: { maxCount } }), createMempool({ ledger: source, clock })]
  const serve = createTransactionServer({ ledger: source, mempool: theirs })
  const charged: string[] = []
  const asked: string[] = []
  const relay = createTransactionRelay({
    ledger, mempool, clock, others: () => [],
    client: { request: async (peer, question) => { asked.push(peer); return peer === 'silent' ? never() : serve(question) } },
    announcer: { transaction: async () => {} }, penalise: (peer, code) => { charged.push(`${peer} ${code}`) }, onError: error => { throw error }
  })
  return { clock, mempool, theirs, relay, charged, asked, stop: async () => { relay.stop(); await mempool.close(); await ledger.close(); await source.close() } }
}
const announce = (data: Uint8Array, lie: Partial<TxAnnounce> = {}): TxAnnounce => ({ txHash: idOf(data), fee: 7n, priority: 0, privacyLevel: 0, energyUsed: 0n, ...lie })

test('a peer that announces nothing pays for it, once for each 200; an honest transaction meanwhile arrives at once', async () => {
  const { clock, theirs, relay, charged, stop } = await setUp()
  const nothing = (n: number): TxAnnounce => ({ ...announce(Buffer.alloc(0)), txHash: hashOf(n) })
  const flood = Array.from({ length: 450 }, (_, n) => relay.validate(nothing(n), 'silent'))
  const data = signer(1).sign({ nonce: 0n, fee: 7n })
  theirs.add(data)
  assert.equal(await clock.until(relay.validate(announce(data), 'good'), 10), 'accept')
  assert.ok((await clock.until(Promise.all(flood))).every(verdict => verdict === 'ignore'))
  assert.deepEqual(charged, ['silent ANNOUNCED_NOTHING', 'silent ANNOUNCED_NOTHING'])
  await stop()
})

test('repetitions of what is held cost nothing and do not make up for announcements of nothing', async () => {
  const { clock, theirs, relay, charged, asked, stop } = await setUp()
  const data = signer(1).sign({ nonce: 0n, fee: 7n })
  theirs.add(data)
  await clock.until(relay.validate(announce(data), 'bad'), 10)
  const before = asked.length
  for (let n = 0; n < 200; n++) {
    assert.equal(await relay.validate(announce(data), 'bad'), 'accept')
    assert.equal(await relay.validate({ ...announce(data), txHash: hashOf(n) }, 'bad'), 'ignore')
  }
  assert.equal(asked.length - before, 200, 'only what is not held is asked for')
  assert.deepEqual(charged, ['bad ANNOUNCED_NOTHING'])
  await stop()
})

test('what was turned away is not fetched again for half a minute, however its announcement varies', async () => {
  const { clock, mempool, theirs, relay, asked, charged, stop } = await setUp(1)
  mempool.add(signer(5).sign({ nonce: 0n, fee: 1000n }))
  const data = signer(1).sign({ nonce: 0n, fee: 7n })
  theirs.add(data)
  for (let fee = 0n; fee < 5n; fee++) assert.equal(await clock.until(relay.validate(announce(data, { fee }), 'a'), 10), 'ignore')
  assert.deepEqual(asked, ['a'])
  await clock.advance(30_001)
  assert.equal(await clock.until(relay.validate(announce(data), 'a'), 10), 'ignore')
  assert.deepEqual([asked.length, charged], [2, []])
  await stop()
})

test('a forged transaction under its right name: rejected, its server charged, nobody else asked, never fetched again', async () => {
  const { clock, theirs, relay, asked, charged, mempool, stop } = await setUp()
  const good = signer(1).sign({ nonce: 0n, fee: 7n })
  const forged = Uint8Array.from(good, (byte, at) => at === good.length - 1 ? byte ^ 1 : byte)
  theirs.get = () => ({ ...theirs.take(1, 1)[0], data: forged }) as ReturnType<Mempool['get']>
  assert.equal(await clock.until(relay.validate(announce(forged), 'a'), 10), 'reject')
  assert.equal(await relay.validate(announce(forged, { fee: 1n }), 'b'), 'reject')
  assert.deepEqual([asked, charged, mempool.size], [['a'], ['a INVALID_TRANSACTION'], 0])
  await stop()
})

test('a proof is there as soon as the block is, also while the pool still holds the transaction', async () => {
  const clock = createVirtualClock()
  const ledger = await createTestLedger(clock)
  const mempool = createMempool({ ledger, clock })
  const serve = createTransactionServer({ ledger, mempool })
  const data = signer(1).sign({ nonce: 0n })
  mempool.add(data)
  const question = { txHashes: [idOf(data)], includeProof: true }
  assert.equal((await serve(question)).transactions[0]?.proof, null)
  const [block] = await extend(ledger, 1, { transactions: [data] })
  const proof = (await serve(question)).transactions[0]?.proof
  const header = block === undefined ? undefined : ledger.header(block.hash)
  assert.ok(proof !== null && proof !== undefined && header !== undefined)
  assert.ok(verifyMerkleProof({ id: idOf(data), index: proof.index, siblings: proof.siblings, root: header.txRoot, count: 1 }))
  await ledger.close()
})
