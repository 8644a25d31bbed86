import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { BLOCK_STATUS } from '../../protocols/index.ts'
import type { BlockAnnounce, BlockData, TxAnnounce } from '../../protocols/index.ts'
import { createFetchPool } from '../../src/chain/relay/fetch-pool.ts'
import type { Attempt } from '../../src/chain/relay/fetch-pool.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { createMempool } from '../../src/chain/mempool/mempool.ts'
import type { Mempool } from '../../src/chain/mempool/mempool.ts'
import { createBlockRelay } from '../../src/chain/relay/block-relay.ts'
import type { BlockRelay } from '../../src/chain/relay/block-relay.ts'
import { createTransactionRelay } from '../../src/chain/relay/transaction-relay.ts'
import type { TransactionRelay } from '../../src/chain/relay/transaction-relay.ts'
import { createTransactionServer } from '../../src/chain/serve/transaction-server.ts'
import type { TransactionServer } from '../../src/chain/serve/transaction-server.ts'
import { createSync } from '../../src/chain/sync/sync.ts'
import { TosError } from '../../src/errors/index.ts'
import type { Verdict } from '../../src/protocol/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { createBlockNet, never } from '../support/block-net.ts'
import type { BlockNet } from '../support/block-net.ts'
import { createTestLedger, extend, idOf, makeBlock, signer } from '../support/chain-fixture.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

interface BlockWorld { clock: VirtualClock, net: BlockNet, source: Ledger, ledger: Ledger, relay: BlockRelay, charged: string[], announced: BlockAnnounce[], stop: () => Promise<void> }

async function setUp (others: string[] = []): Promise<BlockWorld> {
  const clock = createVirtualClock()
  const net = createBlockNet(clock)
  const [source, ledger] = [await createTestLedger(clock), await createTestLedger(clock)]
  const charged: string[] = []
  const announced: BlockAnnounce[] = []
  const penalise = (peer: string, code: string): void => { charged.push(`${peer} ${code}`) }
  const sync = createSync({ ledger, client: net, clock, penalise })
  sync.start()
  for (const peer of ['a', ...others]) {
    net.join(peer, source)
    sync.addPeer(peer)
  }
  const announcer = { block: async (announce: BlockAnnounce) => { announced.push(announce) } }
  const relay = createBlockRelay({ ledger, client: net, clock, others: () => others, sync, announcer, penalise, onError: error => { throw error } })
  return { clock, net, source, ledger, relay, charged, announced, stop: async () => { relay.stop(); await sync.stop() } }
}

function announceOf (ledger: Ledger, hash: Uint8Array, lie: Partial<BlockAnnounce> = {}): BlockAnnounce {
  const header = ledger.header(hash)
  if (header === undefined) throw new Error('not held')
  return { blockHash: hash, blockHeight: header.height, difficulty: header.difficulty, aiMined: header.aiMined, timestamp: header.timestamp, ...lie }
}
const oneMore = async (ledger: Ledger): Promise<BlockData> => (await extend(ledger, 1))[0] as BlockData
const bodiesAsked = (net: BlockNet, peer: string): number => net.asked.get(peer)?.filter(({ query }) => query.type === 'byHash').length ?? 0

test('an announced block is fetched from who named it, checked, kept and accepted', async () => {
  const { clock, net, source, ledger, relay } = await setUp()
  net.join('a', source)
  const block = await oneMore(source)
  assert.equal(await clock.until(relay.validate(announceOf(source, block.hash), 'a')), 'accept')
  assert.ok(ledger.has(block.hash))
})

const lies: Array<Partial<BlockAnnounce>> = [{ timestamp: 1n }, { difficulty: 2n }, { aiMined: true }, { blockHeight: 2n }]
for (const lie of lies) {
  test(`an announcement whose ${Object.keys(lie)[0]} is not the block's is rejected, held or not`, async () => {
    const { clock, net, source, ledger, relay } = await setUp()
    net.join('a', source)
    const block = await oneMore(source)
    assert.equal(await clock.until(relay.validate(announceOf(source, block.hash, lie), 'a')), 'reject')
    assert.ok(ledger.has(block.hash), 'the block itself is good')
    assert.equal(await relay.validate(announceOf(source, block.hash, lie), 'a'), 'reject')
    assert.equal(await relay.validate(announceOf(source, block.hash), 'a'), 'accept')
    assert.equal(bodiesAsked(net, 'a'), 1)
  })
}

test('concurrent announcements of one hash share a fetch and are judged each by its own fields', async () => {
  const { clock, net, source, relay } = await setUp()
  net.join('a', source)
  const block = await oneMore(source)
  const lied = announceOf(source, block.hash, { timestamp: 5n })
  const verdicts = await clock.until(Promise.all([relay.validate(lied, 'a'), relay.validate(announceOf(source, block.hash), 'b'), relay.validate(announceOf(source, block.hash), 'c')]))
  assert.deepEqual(verdicts, ['reject', 'accept', 'accept'])
  assert.equal(bodiesAsked(net, 'a'), 1)
})

test('a silent source: others are asked after 2 s, one each second, three at most; given up after 5 s', async () => {
  const others = ['b', 'c', 'd', 'e']
  const { clock, net, source, relay, stop } = await setUp(others)
  const times: string[] = []
  const start = clock.now()
  for (const peer of ['a', ...others]) net.join(peer, source, (question, honest) => question.query.type === 'tips' ? honest() : (times.push(`${peer} ${clock.now() - start}`), never()))
  const block = makeBlock(source)
  const verdict = relay.validate({ blockHash: block.hash, blockHeight: 1n, difficulty: 1n, aiMined: false, timestamp: 0n }, 'a')
  assert.equal(await clock.until(verdict), 'ignore')
  assert.deepEqual(times, ['a 0', 'b 2000', 'c 3000', 'd 4000'])
  assert.equal(clock.now() - start, 5000)
  assert.deepEqual(relay.dump(), { fetches: 0, running: 0, waiting: 0, peers: 0, faults: 0, invalid: 0, orphansWaiting: 0 })
  await stop()
})

test('a source without a session does not cost the 2 s', async () => {
  const { clock, net, source, relay } = await setUp(['b'])
  net.join('b', source)
  const start = clock.now()
  const block = await oneMore(source)
  assert.equal(await clock.until(relay.validate(announceOf(source, block.hash), 'gone')), 'accept')
  assert.equal(clock.now(), start)
})

test('nobody holds the block: ignored as soon as all have said so', async () => {
  const { clock, net, source, relay } = await setUp(['b'])
  net.join('a', source)
  net.join('b', source, async () => ({ status: BLOCK_STATUS.busy, blocks: [], notFound: [], hasMore: false }))
  assert.equal(await clock.until(relay.validate({ blockHash: Buffer.alloc(32, 1), blockHeight: 1n, difficulty: 1n, aiMined: false, timestamp: 0n }, 'a'), 100), 'ignore')
})

test('besides its source a block is asked of three peers at most', async () => {
  const { clock, net, source, relay } = await setUp(['b', 'c', 'd', 'e', 'f'])
  assert.equal(await clock.until(relay.validate({ blockHash: Buffer.alloc(32, 1), blockHeight: 1n, difficulty: 1n, aiMined: false, timestamp: 0n }, 'a'), 100), 'ignore')
  assert.deepEqual(['a', 'b', 'c', 'd', 'e', 'f'].map(peer => bodiesAsked(net, peer)), [1, 1, 1, 1, 0, 0])
  assert.ok(!source.has(Buffer.alloc(32, 1)))
})

test('an invalid block is rejected, its server charged, and the next announcement of it costs no fetch', async () => {
  const { clock, net, source, relay, charged } = await setUp()
  const bad = makeBlock(source, { header: { height: 7n } })
  net.join('a', source, async () => ({ status: 0, blocks: [bad], notFound: [], hasMore: false }))
  const announce: BlockAnnounce = { blockHash: bad.hash, blockHeight: 7n, difficulty: 1n, aiMined: false, timestamp: 0n }
  assert.equal(await clock.until(relay.validate(announce, 'a')), 'reject')
  assert.ok(charged.includes('a INVALID_BLOCK'))
  const asked = bodiesAsked(net, 'a')
  assert.equal(await relay.validate(announce, 'z'), 'reject')
  assert.equal(bodiesAsked(net, 'a'), asked)
})

const spoilt: Array<[string, (block: BlockData) => BlockData]> = [
  ['another block', block => ({ ...block, header: Buffer.alloc(10) })],
  ['transactions that are not the block\'s', block => ({ ...block, transactions: [signer(1).sign({ nonce: 0n })] })],
  ['transactions that are none', block => ({ ...block, transactions: [Buffer.alloc(3)] })],
  ['a false height beside the header', block => ({ ...block, height: 9n })]
]
for (const [what, spoil] of spoilt) {
  test(`a server that sends ${what} is charged; the good block comes from another, and is not taken for invalid`, async () => {
    const { clock, net, source, ledger, relay, charged } = await setUp(['b'])
    const block = await oneMore(source)
    net.join('a', source, async (question, honest) => {
      const answer = await honest()
      return question.query.type === 'byHash' ? { ...answer, blocks: answer.blocks.map(spoil) } : answer
    })
    net.join('b', source)
    assert.equal(await clock.until(relay.validate(announceOf(source, block.hash), 'a')), 'accept')
    assert.ok(charged.includes('a INVALID_BLOCK') && !charged.some(charge => charge.startsWith('b')))
    assert.ok(ledger.has(block.hash))
  })
}

test('a source that sends something else, with nobody to ask, is rejected', async () => {
  const { clock, net, source, relay } = await setUp()
  const block = await oneMore(source)
  net.join('a', source, async () => ({ status: 0, blocks: [{ ...block, header: Buffer.alloc(10) }], notFound: [], hasMore: false }))
  assert.equal(await clock.until(relay.validate(announceOf(source, block.hash), 'a')), 'reject')
})

test('an orphan starts the sync, and is accepted when that brings it in time', async () => {
  const { clock, net, source, ledger, relay, charged, stop } = await setUp()
  net.join('a', source)
  await clock.advance(1000)
  const blocks = await extend(source, 100)
  const tip = blocks[99] as BlockData
  assert.equal(await clock.until(relay.validate(announceOf(source, tip.hash), 'a'), 5000), 'accept')
  assert.equal(toHex(ledger.tip().hash), toHex(tip.hash))
  assert.deepEqual(charged, [])
  await stop()
  assert.equal(clock.pending, 0)
})

test('an orphan whose parents do not come in time is ignored', async () => {
  const { clock, net, source, relay, stop } = await setUp()
  const [, tip] = await extend(source, 2) as [BlockData, BlockData]
  net.join('a', source, (question, honest) => question.query.type === 'byHash' && toHex(question.query.value[0] as Uint8Array) === toHex(tip.hash) ? honest() : never())
  const start = clock.now()
  assert.equal(await clock.until(relay.validate(announceOf(source, tip.hash), 'a')), 'ignore')
  assert.equal(clock.now() - start, 5000)
  await stop()
})

test('an own block is announced with its fields; one that is not held is not', async () => {
  const { ledger, relay, announced } = await setUp()
  const block = await oneMore(ledger)
  await relay.publish(block.hash)
  assert.deepEqual(announced, [announceOf(ledger, block.hash)])
  await assert.rejects(relay.publish(Buffer.alloc(32, 3)), { code: 'BLOCK_NOT_FOUND' })
})

test('100,000 announcements of nothing by one silent peer: bounded, and an honest block still arrives at once', async () => {
  const clock = createVirtualClock()
  let silent = 0
  const pool = createFetchPool({ clock, others: () => [], attempt: (peer): Promise<Attempt> => peer === 'bad' ? (silent++, never()) : Promise.resolve('held') })
  const flood = Promise.all(Array.from({ length: 100_000 }, (_, n) => pool.fetch(Buffer.from(n.toString(16).padStart(64, '0'), 'hex'), 'bad')))
  assert.deepEqual(pool.dump(), { fetches: 5000, running: 32, waiting: 5000, peers: 1, faults: 0 })
  assert.equal((await pool.fetch(Buffer.alloc(32, 0xff), 'good')).result, 'held')
  assert.equal(silent, 32)
  pool.stop()
  assert.ok((await flood).every(({ result }) => result === 'unresolved'))
  assert.deepEqual([pool.dump()['fetches'], pool.dump()['waiting'], clock.pending], [0, 0, 0])
})

test('whatever peers do, every fetch ends within 5 s, at most 100 run, and nothing is left over', async () => {
  const kinds = ['held', 'orphan', 'refused', 'unwanted', 'lied', 'missing', 'silent', 'throws'] as const
  const announcement = fc.record({ hash: fc.nat({ max: 150 }), from: fc.nat({ max: 6 }), delay: fc.nat({ max: 300 }) })
  await fc.assert(fc.asyncProperty(fc.array(announcement, { maxLength: 300 }), fc.array(fc.constantFrom(...kinds), { minLength: 7, maxLength: 7 }), async (announcements, behaviours) => {
    const clock = createVirtualClock()
    let running = 0
    let most = 0
    const attempt = (peer: string, _: Uint8Array, signal: AbortSignal): Promise<Attempt> => {
      const kind = behaviours[Number(peer)] ?? 'missing'
      if (kind === 'throws') return Promise.reject(new TosError('STREAM_CLOSED', 'reset'))
      most = Math.max(most, ++running)
      return new Promise(resolve => {
        const end = (): void => { running--; resolve(kind === 'silent' ? 'missing' : kind) }
        if (kind === 'silent') signal.addEventListener('abort', end, { once: true })
        else setImmediate(end)
      })
    }
    const pool = createFetchPool({ clock, attempt, others: () => ['0', '1', '2', '3'] })
    const latest: number[] = []
    const all: Array<Promise<unknown>> = []
    for (const { hash, from, delay } of announcements) {
      await clock.advance(delay)
      const began = clock.now()
      all.push(pool.fetch(Buffer.alloc(32, hash), `${from}`).then(() => latest.push(clock.now() - began)))
    }
    await clock.until(Promise.all(all))
    assert.ok(latest.every(ms => ms <= 5000))
    assert.ok(most <= 400, 'each of 100 fetches asks four peers at most')
    assert.deepEqual([pool.dump(), clock.pending], [{ fetches: 0, running: 0, waiting: 0, peers: 0, faults: 0 }, 0])
  }), { numRuns: 15 })
})

test('an attempt that fails on a fault of our own is told and counted; one that fails on the peer is not', async () => {
  const clock = createVirtualClock()
  const errors: unknown[] = []
  const fault = new TypeError('undefined is not a function')
  const attempt = (peer: string): Promise<Attempt> => Promise.reject(peer === 'ours' ? fault : new TosError('BUSY', 'later'))
  const pool = createFetchPool({ clock, attempt, others: () => ['ours'], onError: error => { errors.push(error) } })
  assert.equal((await pool.fetch(Buffer.alloc(32), 'theirs')).result, 'unresolved')
  assert.deepEqual([errors, pool.dump()['faults']], [[fault], 1])
})

test('who is called off leaves a fetch at once; it goes on for the others and ends with the last', async () => {
  const clock = createVirtualClock()
  const signals: AbortSignal[] = []
  const attempt = (_peer: string, _hash: Uint8Array, signal: AbortSignal): Promise<Attempt> => { signals.push(signal); return never() }
  const pool = createFetchPool({ clock, attempt, others: () => [] })
  const [first, second] = [new AbortController(), new AbortController()]
  const hash = Buffer.alloc(32)
  const [one, two] = [pool.fetch(hash, 'a', first.signal), pool.fetch(hash, 'b', second.signal)]
  first.abort()
  assert.equal((await one).result, 'unresolved')
  assert.deepEqual([signals.length, signals[0]?.aborted], [1, false])
  second.abort()
  assert.equal((await two).result, 'unresolved')
  assert.equal(signals[0]?.aborted, true)
  assert.deepEqual([pool.dump()['fetches'], clock.pending], [0, 0])
  assert.equal((await pool.fetch(hash, 'a', first.signal)).result, 'unresolved')
  assert.equal(signals.length, 1, 'nothing is asked for one that is called off before')
})

interface TxWorld { clock: VirtualClock, ledger: Ledger, mempool: Mempool, relay: TransactionRelay, serve: Map<string, TransactionServer>, theirs: Mempool, charged: string[], announced: TxAnnounce[] }

async function setUpTransactions (others: string[] = [], maxCount = 100): Promise<TxWorld> {
  const clock = createVirtualClock()
  const [ledger, source] = [await createTestLedger(clock), await createTestLedger(clock)]
  const [mempool, theirs] = [createMempool({ ledger, clock, limits: { maxCount } }), createMempool({ ledger: source, clock })]
  const serve = new Map<string, TransactionServer>([['a', createTransactionServer({ ledger: source, mempool: theirs })]])
  const charged: string[] = []
  const announced: TxAnnounce[] = []
  const relay = createTransactionRelay({
    ledger, mempool, clock, others: () => others,
    client: { request: async (peer, question) => { const server = serve.get(peer); if (server === undefined) throw new TosError('PEER_UNREACHABLE', 'no session'); return server(question) } },
    announcer: { transaction: async announce => { announced.push(announce) } },
    penalise: (peer, code) => { charged.push(`${peer} ${code}`) }, onError: error => { throw error }
  })
  return { clock, ledger, mempool, relay, serve, theirs, charged, announced }
}
const txAnnounce = (data: Uint8Array, lie: Partial<TxAnnounce> = {}): TxAnnounce => ({ txHash: idOf(data), fee: 7n, priority: 2, privacyLevel: 1, energyUsed: 3n, ...lie })
const transaction = (nonce = 0n): Uint8Array => signer(1).sign({ nonce, fee: 7n, priority: 2, privacyLevel: 1, energyUsed: 3n })

test('an announced transaction is fetched, pooled and accepted; false fields are rejected, held or not', async () => {
  const { clock, mempool, relay, theirs } = await setUpTransactions()
  const data = transaction()
  theirs.add(data)
  const wrong: Array<Partial<TxAnnounce>> = [{ fee: 8n }, { priority: 1 }, { privacyLevel: 0 }, { energyUsed: 0n }]
  const verdicts: Verdict[] = []
  for (const lie of [...wrong, {}]) verdicts.push(await clock.until(relay.validate(txAnnounce(data, lie), 'a')))
  assert.deepEqual(verdicts, ['reject', 'reject', 'reject', 'reject', 'accept'])
  assert.ok(mempool.has(idOf(data)))
})

test('a transaction that is in a block already accepts at once', async () => {
  const { clock, ledger, relay } = await setUpTransactions()
  const data = transaction()
  await extend(ledger, 1, { transactions: [data] })
  assert.equal(await clock.until(relay.validate(txAnnounce(data), 'nobody'), 10), 'accept')
})

test('other bytes than those named: the server is charged, the source of it rejected, another asked', async () => {
  const { clock, relay, serve, theirs, charged } = await setUpTransactions(['b'])
  const data = transaction()
  theirs.add(data)
  const honest = serve.get('a') as TransactionServer
  serve.set('b', honest)
  serve.set('a', async ({ txHashes }) => ({ transactions: [{ txHash: txHashes[0] as Uint8Array, data: signer(2).sign({ nonce: 0n }), proof: null }], notFound: [] }))
  assert.equal(await clock.until(relay.validate(txAnnounce(data), 'a')), 'accept')
  serve.delete('b')
  const next = transaction(1n)
  assert.equal(await clock.until(relay.validate(txAnnounce(next), 'a')), 'reject')
  assert.deepEqual(charged, ['a INVALID_TRANSACTION', 'a INVALID_TRANSACTION'])
})

test('a transaction this pool has no place for is ignored and nobody is charged', async () => {
  const { clock, ledger, relay, theirs, charged } = await setUpTransactions([], 1)
  const cheap = transaction()
  theirs.add(cheap)
  await relay.submit(signer(5).sign({ nonce: 0n, fee: 1000n, priority: 3 }))
  assert.equal(await clock.until(relay.validate(txAnnounce(cheap), 'a')), 'ignore')
  await extend(ledger, 1, { transactions: [signer(1).sign({ nonce: 0n, fee: 9n })] })
  assert.equal(await clock.until(relay.validate(txAnnounce(cheap), 'a')), 'ignore')
  assert.deepEqual(charged, [])
})

test('an own transaction is pooled and announced once; an invalid one is refused with its code', async () => {
  const { relay, announced } = await setUpTransactions()
  const data = transaction()
  assert.equal((await relay.submit(data)).status, 'added')
  assert.equal((await relay.submit(data)).status, 'known')
  assert.equal(announced.length, 1)
  const { txHash, ...fields } = announced[0] as TxAnnounce
  assert.deepEqual([toHex(txHash), fields], [toHex(idOf(data)), { fee: 7n, priority: 2, privacyLevel: 1, energyUsed: 3n }])
  const forged = Uint8Array.from(data, (byte, index) => index === data.length - 1 ? byte ^ 1 : byte)
  await assert.rejects(relay.submit(forged), { code: 'INVALID_TRANSACTION' })
})
