import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { createMempool } from '../../src/chain/mempool/mempool.ts'
import type { Mempool, MempoolLimits } from '../../src/chain/mempool/mempool.ts'
import { TosError } from '../../src/errors/index.ts'
import { createPoolLedger, poolTx, poolTxId } from '../support/pool-ledger.ts'
import type { PoolLedger, PoolTx } from '../support/pool-ledger.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

function setUp (limits: MempoolLimits = {}): { pool: Mempool, chain: PoolLedger, clock: VirtualClock, add: (tx: PoolTx) => string } {
  const chain = createPoolLedger()
  const clock = createVirtualClock()
  const pool = createMempool({ ledger: chain.ledger, clock, limits, onError: error => { throw error } })
  return { pool, chain, clock, add: tx => pool.add(poolTx(tx)).status }
}

const order = (pool: Mempool, maxBytes = 1e9, maxCount = 1e9): string[] => pool.take(maxBytes, maxCount).map(({ sender, nonce }) => `${sender[0]}:${nonce}`)
const withRule = (rule: string) => (error: unknown) => error instanceof TosError && error.code === 'INVALID_TRANSACTION' && error.details?.['rule'] === rule
const withCode = (code: string) => (error: unknown) => error instanceof TosError && error.code === code

test('order: paid before unpaid, then the priority field, then fee per byte, then age', () => {
  const { pool, add } = setUp()
  add({ sender: 1, nonce: 0n, priority: 3 })
  add({ sender: 2, nonce: 0n, fee: 10n, size: 100 })
  add({ sender: 3, nonce: 0n, energyUsed: 1n })
  add({ sender: 4, nonce: 0n, fee: 10n, size: 99 })
  add({ sender: 5, nonce: 0n, fee: 1n, priority: 1 })
  add({ sender: 6, nonce: 0n, fee: 10n, size: 100 })
  assert.deepEqual(order(pool), ['5:0', '4:0', '2:0', '6:0', '3:0', '1:0'])
})

test('take keeps the nonce order of a sender, even when the later one pays more', () => {
  const { pool, add } = setUp()
  add({ sender: 1, nonce: 0n, fee: 1n })
  add({ sender: 1, nonce: 1n, fee: 1000n })
  add({ sender: 2, nonce: 0n, fee: 10n })
  assert.deepEqual(order(pool), ['2:0', '1:0', '1:1'])
})

test('take stops at the bytes and the count, and skips a sender whose head does not fit', () => {
  const { pool, add } = setUp()
  add({ sender: 1, nonce: 0n, fee: 9000n, size: 900 })
  add({ sender: 1, nonce: 1n, fee: 9000n, size: 100 })
  add({ sender: 2, nonce: 0n, fee: 1n, size: 100 })
  assert.deepEqual(order(pool, 400), ['2:0'])
  assert.deepEqual(order(pool, 1e9, 1), ['1:0'])
})

test('a nonce gap waits, is left out of templates, and is let in when the gap closes', () => {
  const { pool, add } = setUp()
  assert.equal(add({ sender: 1, nonce: 1n, fee: 5n }), 'queued')
  assert.deepEqual(order(pool), [])
  assert.equal(pool.dump()['gaps'], 1)
  assert.equal(add({ sender: 1, nonce: 0n, fee: 5n }), 'added')
  assert.deepEqual(order(pool), ['1:0', '1:1'])
  assert.equal(pool.dump()['gaps'], 0)
})

test('used nonces, far nonces and a full gap queue are refused with their code', () => {
  const { chain, add } = setUp({ perSender: 8, maxGaps: 2 })
  chain.setNext(1, 5n)
  assert.throws(() => add({ sender: 1, nonce: 4n }), withRule('nonce'))
  assert.throws(() => add({ sender: 1, nonce: 13n }), withRule('nonce-gap'))
  add({ sender: 1, nonce: 7n })
  add({ sender: 1, nonce: 8n })
  assert.throws(() => add({ sender: 1, nonce: 9n }), withCode('MEMPOOL_FULL'))
  assert.equal(add({ sender: 1, nonce: 5n }), 'added')
})

test('a nonce is replaced only by a fee at least ten percent higher', () => {
  const { pool, add } = setUp()
  add({ sender: 1, nonce: 0n, fee: 100n })
  assert.equal(add({ sender: 1, nonce: 0n, fee: 100n }), 'known')
  assert.throws(() => add({ sender: 1, nonce: 0n, fee: 109n }), withRule('replacement'))
  assert.equal(add({ sender: 1, nonce: 0n, fee: 110n }), 'replaced')
  assert.equal(pool.size, 1)
  assert.equal(pool.take(1e9, 1)[0]?.fee, 110n)
})

test('full by count: the worst goes for a better one, a worse one is refused and changes nothing', () => {
  const { pool, add } = setUp({ maxCount: 2 })
  add({ sender: 1, nonce: 0n, fee: 10n })
  add({ sender: 2, nonce: 0n, fee: 20n })
  assert.throws(() => add({ sender: 3, nonce: 0n, fee: 5n }), withCode('MEMPOOL_FULL'))
  add({ sender: 3, nonce: 0n, fee: 15n })
  assert.deepEqual(order(pool), ['2:0', '3:0'])
})

test('full by bytes: a large one that does not displace enough puts back what it pushed out', () => {
  const { pool, add } = setUp({ maxBytes: 3 * 108 })
  add({ sender: 1, nonce: 0n, fee: 1n })
  add({ sender: 2, nonce: 0n, fee: 1000n })
  add({ sender: 3, nonce: 0n, fee: 1000n })
  assert.throws(() => add({ sender: 4, nonce: 0n, fee: 100n, size: 200 }), withCode('MEMPOOL_FULL'))
  assert.deepEqual(order(pool), ['2:0', '3:0', '1:0'])
  assert.equal(pool.bytes, 324)
})

test('eviction takes what waits behind a gap first, and never leaves a hole in a sender', () => {
  const { pool, add } = setUp({ maxCount: 4 })
  add({ sender: 1, nonce: 0n, fee: 1n })
  add({ sender: 1, nonce: 1n, fee: 1000n })
  add({ sender: 1, nonce: 2n, fee: 50n })
  add({ sender: 2, nonce: 3n, fee: 100_000n })
  add({ sender: 3, nonce: 0n, fee: 60n })
  assert.deepEqual(order(pool), ['3:0', '1:0', '1:1', '1:2'])
  add({ sender: 4, nonce: 0n, fee: 70n })
  assert.deepEqual(order(pool), ['4:0', '3:0', '1:0', '1:1'])
  assert.throws(() => add({ sender: 5, nonce: 1n, fee: 1_000_000n }), withCode('MEMPOOL_FULL'))
})

test('a sender never pushes out its own earlier nonce to make room for the next', () => {
  const { pool, add } = setUp({ maxCount: 2 })
  add({ sender: 1, nonce: 0n, fee: 1n })
  add({ sender: 2, nonce: 0n, fee: 1000n })
  assert.equal(add({ sender: 1, nonce: 1n, fee: 100_000n }), 'added')
  assert.deepEqual(order(pool), ['1:0', '1:1'])
})

test('a block takes its transactions out, and those it makes invalid', () => {
  const { pool, chain, add } = setUp()
  add({ sender: 1, nonce: 0n, fee: 1n })
  add({ sender: 1, nonce: 1n, fee: 1n })
  add({ sender: 2, nonce: 0n, fee: 1n })
  chain.setNext(1, 1n)
  chain.moveTip(1, 0)
  assert.deepEqual(order(pool).sort(), ['1:1', '2:0'])
  assert.equal(pool.size, 2)
})

test('a reorganisation gives back the transactions of the abandoned branch, side blocks included, oldest first', async () => {
  const { pool, chain } = setUp()
  const [a, b, c, kept] = [poolTx({ sender: 1, nonce: 0n }), poolTx({ sender: 1, nonce: 1n }), poolTx({ sender: 2, nonce: 0n }), poolTx({ sender: 3, nonce: 0n })]
  chain.block(1, 1n, [0], [a, kept])
  chain.block(2, 1n, [0], [c])
  chain.block(3, 2n, [1, 2], [b])
  chain.block(4, 3n, [0], [kept])
  chain.setNext(3, 1n)
  chain.moveTip(3, 0)
  chain.moveTip(4, 2)
  await pool.settled()
  assert.deepEqual(order(pool).sort(), ['1:0', '1:1', '2:0'])
  assert.equal(pool.dump()['returned'], 3)
  await pool.close()
})

test('what has stayed too long goes, by the injected clock', async () => {
  const { pool, clock, add } = setUp({ ttlMs: 1000 })
  add({ sender: 1, nonce: 0n })
  await clock.advance(600)
  add({ sender: 2, nonce: 0n })
  await clock.advance(500)
  assert.equal(pool.size, 1)
  assert.ok(!pool.has(poolTxId(poolTx({ sender: 1, nonce: 0n }))))
  assert.equal(pool.dump()['expired'], 1)
})

test('the pool keeps copies, so that a network buffer is not held by one transaction', () => {
  const { pool } = setUp()
  for (const [sender, buffer] of [new Uint8Array(1 << 20), Buffer.alloc(1 << 20)].entries()) {
    const data = poolTx({ sender, nonce: 0n })
    buffer.set(data, 500)
    const { id } = pool.add(buffer.subarray(500, 500 + data.length))
    assert.equal(pool.get(id)?.data.buffer.byteLength, data.length + 32, 'with its id')
    buffer.fill(0)
    assert.deepEqual(Buffer.from(pool.get(id)?.data ?? []), Buffer.from(data))
  }
})

test('whatever comes in: within bounds, books add up, templates are runs of nonces in a valid order', () => {
  const tx = fc.record({
    sender: fc.integer({ min: 0, max: 4 }), nonce: fc.bigInt(0n, 12n), fee: fc.bigInt(0n, 40n), priority: fc.integer({ min: 0, max: 3 }),
    size: fc.integer({ min: 60, max: 400 }), salt: fc.integer({ min: 0, max: 2 })
  })
  const step = fc.oneof({ weight: 8, arbitrary: tx }, { weight: 1, arbitrary: fc.record({ mined: fc.integer({ min: 0, max: 4 }) }) })
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), steps => {
    const { pool, chain } = setUp({ maxCount: 12, maxBytes: 3000, maxGaps: 4, perSender: 8 })
    const next = [0n, 0n, 0n, 0n, 0n]
    for (const action of steps) {
      if ('mined' in action) {
        next[action.mined] = (next[action.mined] as bigint) + 1n
        chain.setNext(action.mined, next[action.mined] as bigint)
        chain.moveTip(1, 0)
        continue
      }
      try {
        pool.add(poolTx(action))
      } catch (error) {
        assert.ok(error instanceof TosError && ['INVALID_TRANSACTION', 'MEMPOOL_FULL'].includes(error.code), String(error))
      }
      const dump = pool.dump()
      const taken = pool.take(1e9, 1e9)
      assert.ok(pool.size <= 12 && pool.bytes <= 3000)
      assert.equal(dump['transactions'], taken.length + (dump['gaps'] as number), 'an entry is either in the template or behind a gap')
      const expected = [...next]
      for (const { sender, nonce } of taken) {
        assert.equal(nonce, expected[sender[0] as number])
        expected[sender[0] as number] = nonce + 1n
      }
    }
  }), { numRuns: 200 })
})
