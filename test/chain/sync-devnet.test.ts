import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MIXED, madeChain, syncAmong } from '../../scripts/attack/chain/sync-crowd.ts'

test('ten real nodes, two of them liars and one that stalls: an empty one comes to the tip of the honest, who are not charged', { timeout: 60_000 }, async t => {
  const source = await madeChain(120, 5)
  try {
    const { seconds, sameTip, charged } = await syncAmong(source, MIXED)
    t.diagnostic(`${seconds.toFixed(2)} s, charged ${JSON.stringify(charged)}`)
    assert.deepEqual([sameTip, charged.honest], [true, 0])
    assert.ok(charged.liar > 0)
  } finally {
    await source.close()
  }
})
