import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { createMempool } from '../../src/chain/mempool/mempool.ts'
import { TosError } from '../../src/errors/index.ts'
import { createPoolLedger, poolTx } from '../support/pool-ledger.ts'
import type { PoolTx } from '../support/pool-ledger.ts'
import { PoolModel } from '../support/pool-model.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const LIMITS = { maxCount: 9, maxBytes: 1300, perSender: 8, maxGaps: 3, ttlMs: 1000 }

const tx = fc.record({
  sender: fc.integer({ min: 0, max: 5 }), nonce: fc.bigInt(0n, 5n), fee: fc.bigInt(0n, 40n), energyUsed: fc.constantFrom(0n, 0n, 5n), priority: fc.integer({ min: 0, max: 2 }),
  size: fc.constantFrom(60, 100, 200, 400), salt: fc.integer({ min: 0, max: 1 })
})
const step = fc.oneof(
  { weight: 30, arbitrary: tx.map(add => ({ add })) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 5 }).map(mined => ({ mined })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 700 }).map(wait => ({ wait })) },
  { weight: 2, arbitrary: fc.record({ bytes: fc.integer({ min: 0, max: 1300 }), count: fc.integer({ min: 0, max: 14 }) }).map(take => ({ take })) }
)

test('the pool does what its rules say, written down plainly: every answer, every block, everything it holds', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async steps => {
    const clock = createVirtualClock()
    const chain = createPoolLedger()
    const pool = createMempool({ ledger: chain.ledger, clock, limits: LIMITS, onError: error => { throw error } })
    const model = new PoolModel(LIMITS, clock.now())
    const add = (what: Required<PoolTx>): string => {
      try {
        return pool.add(poolTx(what)).status
      } catch (error) {
        if (!(error instanceof TosError)) throw error
        return String(error.details?.['rule'] ?? error.code)
      }
    }
    const take = (bytes: number, count: number): string[] => pool.take(bytes, count).map(({ sender, nonce, fee }) => `${sender[0]}:${nonce}:${fee}`)
    for (const action of steps) {
      if ('wait' in action) {
        await clock.advance(action.wait)
        model.sweep(clock.now())
      }
      if ('mined' in action) {
        model.mined(action.mined)
        chain.setNext(action.mined, model.next.get(action.mined) as bigint)
        chain.moveTip(1, 0)
      }
      if ('add' in action) assert.equal(add(action.add), model.add(action.add, clock.now()))
      if ('take' in action) assert.deepEqual(take(action.take.bytes, action.take.count), model.take(action.take.bytes, action.take.count))
      assert.deepEqual([pool.size, pool.bytes, pool.dump()['gaps']], [model.held.length, model.bytes, model.gaps])
    }
    assert.deepEqual(take(1e9, 1e9), model.take(1e9, 1e9))
    await pool.close()
  }), { numRuns: 250 })
})
