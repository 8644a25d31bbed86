import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { createMempool } from '../../src/chain/mempool/mempool.ts'
import type { Mempool, MempoolLimits } from '../../src/chain/mempool/mempool.ts'
import { TosError } from '../../src/errors/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { createTestLedger, signer } from '../support/chain-fixture.ts'
import { createPoolLedger, poolTx } from '../support/pool-ledger.ts'
import type { PoolLedger, PoolTx } from '../support/pool-ledger.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

/** A pool whose signatures are checked when the test says so; salt 13 is forged. */
interface SlowWorld { pool: Mempool, chain: PoolLedger, batches: Array<{ size: number, answer: () => void, fail: (error: Error) => void }>, seen: () => number }

const SALT_AT = 26
const isSigned = (data: Uint8Array): boolean => data[SALT_AT] !== 13
function setUp (limits: MempoolLimits = {}): SlowWorld {
  const batches: SlowWorld['batches'] = []
  let seen = 0
  const verify = (list: readonly Uint8Array[]): Promise<boolean[]> => {
    seen += list.length
    const { promise, resolve, reject } = Promise.withResolvers<boolean[]>()
    batches.push({ size: list.length, answer: () => { resolve(list.map(isSigned)) }, fail: reject })
    return promise
  }
  const chain = createPoolLedger({ isSigned, verify })
  const pool = createMempool({ ledger: chain.ledger, clock: createVirtualClock(), limits, onError: error => { throw error } })
  return { pool, chain, batches, seen: () => seen }
}
const order = (pool: Mempool): string[] => pool.take(1e9, 1e9).map(({ sender, nonce }) => `${sender[0]}:${nonce}`)
const turn = (): Promise<void> => new Promise(resolve => { setImmediate(resolve) })
const codes = async (results: Array<Promise<{ status: string }>>): Promise<string[]> => (await Promise.allSettled(results)).map(result => {
  if (result.status === 'fulfilled') return result.value.status
  const reason: unknown = result.reason
  return reason instanceof TosError ? String(reason.details?.['rule'] ?? reason.code) : String(reason)
})
const many = (count: number, tx: Partial<PoolTx> = {}): Uint8Array[] => Array.from({ length: count }, (_, i) => poolTx({ sender: i >> 5, nonce: BigInt(i & 31), fee: 5n, ...tx }))

test('transactions enter in the order of the calls, whatever batch of signatures is ready first', async () => {
  const { pool, batches } = setUp({ perSender: 300 })
  const all = codes(Array.from({ length: 200 }, (_, i) => pool.admit(poolTx({ sender: 1, nonce: BigInt(i), size: 400 }))))
  await turn()
  assert.deepEqual(batches.map(({ size }) => size), [64, 64, 64, 8])
  for (const { answer } of batches.toReversed()) {
    answer()
    await turn()
  }
  assert.deepEqual(new Set(await all), new Set(['added']), 'none was queued behind a gap')
  assert.equal(pool.size, 200)
})

test('calls of one tick travel together, and those that come while four batches are under way wait for one to end', async () => {
  const { pool, batches } = setUp()
  const first = codes(many(4).map(data => pool.admit(data)))
  await turn()
  const rest = codes(many(300).slice(4).map(data => pool.admit(data)))
  await turn()
  assert.deepEqual(batches.map(({ size }) => size), [4, 64, 64, 64])
  batches[0]?.answer()
  await turn()
  assert.deepEqual(batches.map(({ size }) => size), [4, 64, 64, 64, 64])
  for (let i = 1; i < batches.length; i++) { batches[i]?.answer(); await turn() }
  assert.deepEqual(new Set([...await first, ...await rest]), new Set(['added']))
})

test('what is known, used, too far, too cheap or no transaction never reaches the signature check', async () => {
  const { pool, chain, seen } = setUp({ maxCount: 3 })
  chain.setNext(3, 7n)
  pool.add(poolTx({ sender: 1, nonce: 0n, fee: 100n }))
  pool.add(poolTx({ sender: 2, nonce: 0n, fee: 90n }))
  pool.add(poolTx({ sender: 2, nonce: 1n, fee: 90n }))
  const refused = [
    poolTx({ sender: 1, nonce: 0n, fee: 100n }), poolTx({ sender: 3, nonce: 6n }), poolTx({ sender: 3, nonce: 71n }), poolTx({ sender: 1, nonce: 0n, fee: 101n }),
    poolTx({ sender: 4, nonce: 0n, fee: 1n }), Buffer.alloc(3)
  ]
  assert.deepEqual(await codes(refused.map(data => pool.admit(data))), ['known', 'nonce', 'nonce-gap', 'replacement', 'MEMPOOL_FULL', 'form'])
  assert.equal(seen(), 0)
})

test('one transaction on its way twice is verified once; the second call hears that it is known', async () => {
  const { pool, batches, seen } = setUp()
  const data = poolTx({ sender: 1, nonce: 0n })
  const forged = poolTx({ sender: 2, nonce: 0n, salt: 13 })
  const all = codes([data, data, forged, forged].map(pool.admit))
  await turn()
  batches[0]?.answer()
  assert.deepEqual(await all, ['added', 'known', 'signature', 'signature'])
  assert.equal(seen(), 2)
  assert.deepEqual(order(pool), ['1:0'])
})

test('what changed while a signature was checked counts: the nonce is looked at again', async () => {
  const { pool, chain, batches } = setUp()
  const all = codes([{ sender: 1, nonce: 0n, fee: 5n }, { sender: 2, nonce: 0n, fee: 5n }, { sender: 2, nonce: 0n, fee: 6n }, { sender: 2, nonce: 0n, fee: 5n, salt: 2 }].map(tx => pool.admit(poolTx(tx))))
  await turn()
  chain.setNext(1, 1n)
  batches[0]?.answer()
  assert.deepEqual(await all, ['nonce', 'added', 'replaced', 'replacement'])
  assert.deepEqual([pool.dump()['pending'], pool.dump()['pendingBytes']], [0, 0])
})

test('too many on their way, or too many bytes: BUSY, and room again when they have entered', async () => {
  for (const limits of [{ maxPending: 3 }, { maxPendingBytes: 3 * 108 }]) {
    const { pool, batches } = setUp(limits)
    const all = codes(many(4).map(pool.admit))
    await turn()
    assert.equal(pool.dump()['pending'], 3)
    batches[0]?.answer()
    assert.deepEqual(await all, ['added', 'added', 'added', 'BUSY'])
    const again = codes(many(4).slice(3).map(pool.admit))
    await turn()
    batches[1]?.answer()
    assert.deepEqual(await again, ['added'])
  }
})

test('signatures that could not be checked are refused as they failed, and may be offered again', async () => {
  const { pool, batches } = setUp()
  const data = poolTx({ sender: 1, nonce: 0n })
  const first = codes([pool.admit(data)])
  await turn()
  batches[0]?.fail(new TosError('INTERNAL', 'a verify worker died'))
  assert.deepEqual(await first, ['INTERNAL'])
  const second = codes([pool.admit(data)])
  await turn()
  batches[1]?.answer()
  assert.deepEqual(await second, ['added'])
})

test('a closed pool turns away what is on its way and what still comes', async () => {
  const { pool, batches } = setUp()
  const all = codes(many(300).map(pool.admit))
  await turn()
  await pool.close()
  for (const { answer } of batches) answer()
  assert.deepEqual(new Set([...await all, ...await codes(many(1).map(pool.admit))]), new Set(['NODE_STOPPED']))
  assert.deepEqual([pool.size, pool.dump()['pending'], pool.dump()['pendingBytes']], [0, 0, 0])
})

test('a list enters in its order and no faster than signatures are checked, with one result for each', async () => {
  const { pool, batches } = setUp({ perSender: 64 })
  const list = many(2000)
  list[700] = poolTx({ sender: 200, nonce: 0n, salt: 13 })
  const results = pool.addAll(list)
  let most = 0
  let settled = 0
  while (settled < list.length) {
    await turn()
    most = Math.max(most, pool.dump()['pending'] as number)
    const batch = batches.shift()
    batch?.answer()
    settled += batch?.size ?? 0
  }
  assert.ok(most <= 512, `${most} on their way at once`)
  const statuses = (await results).map(result => result.status === 'fulfilled' ? result.value.status : (result.reason as TosError).details?.['rule'])
  assert.equal(statuses[700], 'signature')
  // nonce 28 of its sender is missing now: the three behind it wait
  assert.deepEqual(statuses.map((status, i) => status === 'added' ? '' : i).filter(String), [700, 701, 702, 703])
})

test('real signatures: a list of good and forged ones comes out as checkTransaction judges each', async () => {
  const clock = createVirtualClock()
  const ledger = await createTestLedger(clock)
  const pool = createMempool({ ledger, clock })
  const list = Array.from({ length: 60 }, (_, i) => {
    const data = signer(i % 5).sign({ nonce: BigInt(Math.floor(i / 5)) })
    return i % 5 === 4 && i > 30 ? Uint8Array.from(data, (byte, at) => at === data.length - 1 ? byte ^ 1 : byte) : data
  })
  const results = await pool.addAll(list)
  results.forEach((result, i) => { assert.equal(result.status === 'fulfilled' && result.value.status === 'added', i % 5 !== 4 || i <= 30) })
  await pool.close()
  await ledger.close()
})

test('admitted together or added one by one: while there is room the pool is the same', async () => {
  const tx = fc.record({ sender: fc.integer({ min: 0, max: 4 }), nonce: fc.bigInt(0n, 9n), fee: fc.bigInt(0n, 30n), salt: fc.constantFrom(0, 1, 13), size: fc.integer({ min: 60, max: 200 }) })
  await fc.assert(fc.asyncProperty(fc.array(tx, { maxLength: 60 }), async list => {
    const [together, single] = [1, 2].map(() => createMempool({ ledger: createPoolLedger({ isSigned }).ledger, clock: createVirtualClock(), limits: { perSender: 8 } })) as [Mempool, Mempool]
    const results = await together.addAll(list.map(poolTx))
    const expected = list.map(data => { try { return single.add(poolTx(data)).status } catch (error) { return (error as TosError).code } })
    const got = results.map(result => result.status === 'fulfilled' ? result.value.status : (result.reason as TosError).code)
    assert.deepEqual(got, expected)
    const shown = (pool: Mempool): string[] => pool.take(1e9, 1e9).map(({ id }) => toHex(id))
    assert.deepEqual(shown(together), shown(single))
  }), { numRuns: 200 })
})
