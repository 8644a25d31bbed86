import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLOCK_STATUS, DETAIL } from '../../protocols/index.ts'
import type { BlockQuestion } from '../../protocols/index.ts'
import { createBlockServer } from '../../src/chain/serve/block-server.ts'
import { createByteBudget } from '../../src/chain/serve/byte-budget.ts'
import { createSync } from '../../src/chain/sync/sync.ts'
import { toHex } from '../../src/wire/index.ts'
import { createTestLedger, extend, signer } from '../support/chain-fixture.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

test('a peer that has had its bytes is told busy until they ran off; another one is served', async () => {
  const clock = createVirtualClock()
  const ledger = await createTestLedger(clock)
  const [block] = await extend(ledger, 1, { transactions: [signer(1).sign({ nonce: 0n, size: 50_000 })] })
  const serve = createBlockServer(ledger, { clock, bytesPerSecond: 10_000, burstBytes: 60_000 })
  const question: BlockQuestion = { query: { type: 'byHash', value: [block?.hash as Uint8Array] }, detail: DETAIL.full, maxItems: 1 }
  const status = async (peer: string): Promise<number> => (await serve(question, { peer })).status
  assert.deepEqual([await status('greedy'), await status('greedy'), await status('greedy'), await status('other')], [BLOCK_STATUS.ok, BLOCK_STATUS.ok, BLOCK_STATUS.busy, BLOCK_STATUS.ok])
  await clock.advance(4000)
  assert.equal(await status('greedy'), BLOCK_STATUS.busy)
  await clock.advance(1000)
  assert.equal(await status('greedy'), BLOCK_STATUS.ok)
})

test('budgets of 1,000,000 names take the room of as many as are allowed', () => {
  const budget = createByteBudget(createVirtualClock(), { bytesPerSecond: 1, burstBytes: 1, peers: 100 })
  for (let n = 0; n < 1_000_000; n++) budget.charge(`peer${n}`, 5)
  assert.equal(budget.size, 100)
  assert.deepEqual([budget.allows('peer999999'), budget.allows('peer0')], [false, true])
})

test('a sync from a server with a small budget is slowed down, not stopped', async () => {
  const clock = createVirtualClock()
  const [source, ledger] = [await createTestLedger(clock), await createTestLedger(clock)]
  for (let nonce = 0n; nonce < 20n; nonce++) await extend(source, 1, { transactions: [signer(1).sign({ nonce, size: 10_000 })] })
  const serve = createBlockServer(source, { clock, bytesPerSecond: 20_000, burstBytes: 50_000 })
  const failed: string[] = []
  const sync = createSync({
    ledger, clock, client: { request: (_, question) => clock.track(serve(question, { peer: 'me' })) }, onPeerFailed: (_, { code }) => { failed.push(code) }
  })
  sync.start()
  sync.addPeer('a')
  await clock.until(sync.idle())
  assert.deepEqual([toHex(ledger.tip().hash), failed], [toHex(source.tip().hash), []])
  await sync.stop()
})
