import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { BLOCK_RESPONSE, BLOCK_STATUS, DETAIL, TX_LIMITS, TX_RESPONSE } from '../../protocols/index.ts'
import type { BlockAnswer, BlockData, BlockQuery } from '../../protocols/index.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { createMempool } from '../../src/chain/mempool/mempool.ts'
import { verifyMerkleProof } from '../../src/chain/block/merkle.ts'
import { createBlockServer } from '../../src/chain/serve/block-server.ts'
import { createTransactionServer } from '../../src/chain/serve/transaction-server.ts'
import { TosError } from '../../src/errors/index.ts'
import { encodePayload } from '../../src/protocol/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { createTestLedger, extend, idOf, makeBlock, signer } from '../support/chain-fixture.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const clock = createVirtualClock()
const NONE = new Uint8Array(32)
const hashes = ({ blocks }: BlockAnswer): string[] => blocks.map(({ hash }) => toHex(hash))
const names = (blocks: readonly BlockData[]): string[] => blocks.map(({ hash }) => toHex(hash))

// bytes as text: a Buffer and a Uint8Array of the same bytes are not deep-equal
const shown = ({ hash, height, parents, header, transactions }: BlockData): object =>
  ({ hash: toHex(hash), height, parents: parents.map(toHex), header: toHex(header), transactions: transactions.map(toHex) })

async function chainOf (count: number): Promise<{ ledger: Ledger, blocks: BlockData[], ask: (query: BlockQuery, detail?: number, maxItems?: number) => Promise<BlockAnswer> }> {
  const ledger = await createTestLedger(clock)
  const blocks = await extend(ledger, count)
  const serve = createBlockServer(ledger)
  return { ledger, blocks, ask: (query, detail = DETAIL.full, maxItems = 64) => serve({ query, detail, maxItems }) }
}

test('by hash: parents first whatever the order asked, each once, the missing listed, status partial', async () => {
  const { blocks, ask } = await chainOf(3)
  const [a, b, c] = blocks as [BlockData, BlockData, BlockData]
  const unknown = Buffer.alloc(32, 9)
  const answer = await ask({ type: 'byHash', value: [c.hash, unknown, a.hash, b.hash, a.hash] })
  assert.deepEqual(hashes(answer), names([a, b, c]))
  assert.deepEqual(answer.notFound, [unknown])
  assert.equal(answer.status, BLOCK_STATUS.partial)
  assert.deepEqual(shown(answer.blocks[2] as BlockData), shown(c))
  assert.equal((await ask({ type: 'byHash', value: [unknown] })).status, BLOCK_STATUS.notFound)
  assert.equal((await ask({ type: 'byHash', value: [a.hash] })).status, BLOCK_STATUS.ok)
})

test('by height: the selected chain, short at its end, nothing above it', async () => {
  const { blocks, ask } = await chainOf(5)
  const middle = await ask({ type: 'byHeight', value: { start: 2n, count: 2 } })
  assert.deepEqual([hashes(middle), middle.status], [names(blocks.slice(1, 3)), BLOCK_STATUS.ok])
  const end = await ask({ type: 'byHeight', value: { start: 4n, count: 10 } })
  assert.deepEqual([hashes(end), end.status], [names(blocks.slice(3)), BLOCK_STATUS.partial])
  const above = await ask({ type: 'byHeight', value: { start: 2n ** 64n - 1n, count: 512 } })
  assert.deepEqual([above.blocks, above.status], [[], BLOCK_STATUS.notFound])
})

test('by locator: what follows the newest common block, up to stop, and more when cut by max_items', async () => {
  const { ledger, blocks, ask } = await chainOf(6)
  const [, second] = blocks as [BlockData, BlockData]
  const ids = [{ hash: Buffer.alloc(32, 7), height: 9n }, { hash: second.hash, height: 2n }, { hash: ledger.genesis, height: 0n }]
  const cut = await ask({ type: 'locator', value: { ids, stop: NONE } }, DETAIL.header, 3)
  assert.deepEqual([hashes(cut), cut.hasMore], [names(blocks.slice(2, 5)), true])
  const rest = await ask({ type: 'locator', value: { ids: [{ hash: cut.blocks[2]?.hash as Uint8Array, height: 5n }], stop: NONE } })
  assert.deepEqual([hashes(rest), rest.hasMore], [names(blocks.slice(5)), false])
  const stopped = await ask({ type: 'locator', value: { ids, stop: (blocks[3] as BlockData).hash } })
  assert.deepEqual(hashes(stopped), names(blocks.slice(2, 4)))
})

test('tips: the best first, side branches too', async () => {
  const { ledger, blocks, ask } = await chainOf(3)
  const side = makeBlock(ledger, { parents: [(blocks[0] as BlockData).hash], miner: 1 })
  await ledger.add(side)
  assert.deepEqual(hashes(await ask({ type: 'tips' })), names([blocks[2] as BlockData, side]))
})

test('detail: a header answer has no transactions, a hash answer nothing but the hash', async () => {
  const { ledger, ask } = await chainOf(1)
  const block = makeBlock(ledger, { transactions: [signer(1).sign({ nonce: 0n })] })
  await ledger.add(block)
  const query: BlockQuery = { type: 'byHash', value: [block.hash] }
  const [header] = (await ask(query, DETAIL.header)).blocks as [BlockData]
  assert.deepEqual(shown(header), shown({ ...block, transactions: [] }))
  const [name] = (await ask(query, DETAIL.hash)).blocks as [BlockData]
  assert.deepEqual(shown(name), shown({ hash: block.hash, height: 0n, parents: [], header: new Uint8Array(0), transactions: [] }))
})

test('an answer of large blocks stops below its cap, says that more follows, and the rest can be had', async () => {
  const ledger = await createTestLedger(clock)
  const blocks: BlockData[] = []
  for (let nonce = 0n; nonce < 6n; nonce++) blocks.push(...await extend(ledger, 1, { transactions: [signer(1).sign({ nonce, size: 1_000_000 })] }))
  const serve = createBlockServer(ledger)
  const value = blocks.map(({ hash }) => hash)
  const answer = await serve({ query: { type: 'byHash', value }, detail: DETAIL.full, maxItems: 64 })
  assert.equal(answer.blocks.length, 5)
  assert.deepEqual([answer.hasMore, answer.status, answer.notFound], [true, BLOCK_STATUS.ok, []])
  assert.ok(encodePayload(BLOCK_RESPONSE, { requestId: 1n, ...answer }).length <= BLOCK_RESPONSE.maxBytes)
  assert.deepEqual(hashes(await serve({ query: { type: 'byHash', value: value.slice(5) }, detail: DETAIL.full, maxItems: 64 })), names(blocks.slice(5)))
})

test('any cap and any query: the encoded answer keeps to the cap and holds a prefix of the full one', async () => {
  const ledger = await createTestLedger(clock)
  const blocks: BlockData[] = []
  for (let nonce = 0n; nonce < 8n; nonce++) blocks.push(...await extend(ledger, 1, { transactions: [signer(1).sign({ nonce, size: 300_000 })] }))
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1_400_000, max: 2_600_000 }), fc.subarray(blocks, { minLength: 1 }), fc.integer({ min: 1, max: 8 }), async (responseBytes, wanted, maxItems) => {
    const serve = createBlockServer(ledger, { responseBytes })
    const answer = await serve({ query: { type: 'byHash', value: wanted.map(({ hash }) => hash) }, detail: DETAIL.full, maxItems })
    assert.ok(encodePayload(BLOCK_RESPONSE, { requestId: 1n, ...answer }).length <= responseBytes)
    assert.deepEqual(hashes(answer), names(wanted).slice(0, answer.blocks.length))
    assert.equal(answer.hasMore, answer.blocks.length < wanted.length)
    assert.ok(answer.blocks.length > 0)
  }), { numRuns: 25 })
})

test('above the number of answers built at once: busy, and free again afterwards; an aborted asker ends the work', async () => {
  const { ledger, blocks } = await chainOf(1)
  const serve = createBlockServer(ledger, { concurrent: 1 })
  const question = { query: { type: 'byHash' as const, value: blocks.map(({ hash }) => hash) }, detail: DETAIL.full, maxItems: 1 }
  const first = serve(question)
  assert.equal((await serve(question)).status, BLOCK_STATUS.busy)
  assert.equal((await first).status, BLOCK_STATUS.ok)
  await assert.rejects(serve(question, { signal: AbortSignal.abort() }), { code: 'ABORTED' })
  assert.equal((await serve(question)).status, BLOCK_STATUS.ok)
})

test('transactions: from the pool, from a block with a proof that verifies, and the unknown listed', async () => {
  const ledger = await createTestLedger(clock)
  const person = signer(1)
  const mined = [0n, 1n, 2n].map(nonce => person.sign({ nonce }))
  const [block] = await extend(ledger, 1, { transactions: mined }) as [BlockData]
  const mempool = createMempool({ ledger, clock })
  const pooled = person.sign({ nonce: 3n })
  mempool.add(pooled)
  const serve = createTransactionServer({ ledger, mempool })
  const unknown = Buffer.alloc(32, 1)
  const txHashes = [idOf(pooled), unknown, ...mined.map(idOf), idOf(pooled)]
  const { transactions, notFound } = await serve({ txHashes, includeProof: true })
  assert.deepEqual(notFound, [unknown])
  assert.deepEqual(transactions.map(({ data }) => toHex(data)), [pooled, ...mined].map(toHex))
  assert.equal(transactions[0]?.proof, null)
  const root = ledger.header(block.hash)?.txRoot as Uint8Array
  for (const { txHash, proof } of transactions.slice(1)) {
    assert.ok(proof !== null && verifyMerkleProof({ id: txHash, index: proof.index, siblings: proof.siblings, root, count: 3 }))
  }
  assert.ok((await serve({ txHashes, includeProof: false })).transactions.every(({ proof }) => proof === null))
  await mempool.close()
})

test('transactions: what exceeds the cap stands in neither list', async () => {
  const ledger = await createTestLedger(clock)
  const mempool = createMempool({ ledger, clock })
  const all = [0n, 1n, 2n, 3n, 4n, 5n].map(nonce => signer(2).sign({ nonce, size: 1_000_000 }))
  for (const data of all) mempool.add(data)
  const answer = await createTransactionServer({ ledger, mempool })({ txHashes: all.map(idOf), includeProof: false })
  assert.deepEqual([answer.transactions.length, answer.notFound.length], [5, 0])
  assert.ok(encodePayload(TX_RESPONSE, { requestId: 1n, ...answer }).length <= TX_LIMITS.responseBytes)
  await mempool.close()
})

test('transactions: above the number of answers built at once BUSY is thrown', async () => {
  const ledger = await createTestLedger(clock)
  const serve = createTransactionServer({ ledger, mempool: { get: () => undefined } }, { concurrent: 1 })
  const first = serve({ txHashes: [NONE], includeProof: false })
  await assert.rejects(serve({ txHashes: [NONE], includeProof: false }), (error: unknown) => error instanceof TosError && error.code === 'BUSY')
  assert.deepEqual((await first).notFound, [NONE])
})
