import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BUDGET_RATES, createBudgets, createKeyHash } from '../../src/peers/net/index.ts'
import type { Budgets } from '../../src/peers/net/index.ts'

const hash = createKeyHash(new Uint8Array(8))
const START = 1_800_000_000_000
const MIB = 2 ** 20

/** Sends a message every `gapMs` for `forMs`; how many pass. */
function passed (budgets: Budgets, { gapMs, forMs, bytes, from = START }: { gapMs: number, forMs: number, bytes: number, from?: number }): number {
  let count = 0
  for (let now = from; now < from + forMs; now += gapMs) if (budgets.charge('peer', now, bytes) === undefined) count++
  return count
}

describe('budgets of unsolicited traffic', () => {
  it('lets 100 messages a minute through, half of them at once', () => {
    const budgets = createBudgets({ hash })
    assert.equal(passed(budgets, { gapMs: 0.001, forMs: 1, bytes: 10 }), 50)
    assert.equal(budgets.charge('peer', START + 1, 10), 'messages')
    // one each 600 ms: the first at 602 ms
    assert.equal(passed(budgets, { gapMs: 10, forMs: 600_000, bytes: 10, from: START + 2 }), 999)
    assert.equal(budgets.charge('another peer', START + 1, 10), undefined)
  })

  it('lets an honest peer at exactly its rate through, however long', () => {
    assert.equal(passed(createBudgets({ hash }), { gapMs: 600, forMs: 3_600_000, bytes: 1000 }), 6000)
  })

  it('lets 1 MiB a minute through, and names the budget that is exceeded', () => {
    const budgets = createBudgets({ hash })
    for (let i = 0; i < 8; i++) assert.equal(budgets.charge('peer', START, MIB / 16), undefined)
    assert.equal(budgets.charge('peer', START, MIB / 16), 'bytes')
    const wait = budgets.delay('peer', START, MIB / 16)
    assert.ok(Math.abs(wait - 60_000 / 16) < 0.01)
    assert.equal(budgets.charge('peer', START + wait, MIB / 16), undefined)
  })

  it('lets a block larger than the burst pass when nothing is owed, and charges all of it', () => {
    const budgets = createBudgets({ hash })
    assert.equal(budgets.charge('peer', START, 5 * MIB), undefined)
    assert.equal(budgets.charge('peer', START + 200_000, MIB), 'bytes')
    assert.ok(Math.abs(budgets.delay('peer', START, 1) - 270_000) < 1)
  })

  it('counts messages per second in the tos-spec profile', () => {
    const budgets = createBudgets({ hash, rates: BUDGET_RATES['tos-spec'] })
    assert.equal(passed(budgets, { gapMs: 1, forMs: 1000, bytes: 10 }), 149)
    assert.equal(passed(budgets, { gapMs: 1, forMs: 10_000, bytes: 10, from: START + 1000 }), 1000)
  })

  it('keeps to its capacity, and takes a hashed name for the name', () => {
    const budgets = createBudgets({ hash, capacity: 10 })
    for (let i = 0; i < 1000; i++) budgets.charge(`peer ${i}`, START, 10)
    assert.equal(budgets.size, 10)
    for (let i = 0; i < 50; i++) budgets.charge('peer', START, 10)
    assert.equal(budgets.charge(hash('peer'), START, 10), 'messages')
  })
})
