import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReferenceLedger, genesisOf } from '../../src/chain/index.ts'
import type { BlockRule, ReferenceLedger } from '../../src/chain/index.ts'
import { TosError } from '../../src/errors/index.ts'
import type { BlockData } from '../../protocols/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { EASY, NOW, blockOn, pay, signer } from '../support/ledger-blocks.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const clock = createVirtualClock(NOW)
const alice = signer(0)
const genesis = genesisOf(EASY.network)

function hasRule (rule: BlockRule): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof TosError, String(error))
    assert.deepEqual({ code: error.code, rule: error.details?.rule }, { code: 'INVALID_BLOCK', rule })
    return true
  }
}

/** A ledger with two blocks on genesis, and one more on the better of them. */
async function grown (): Promise<{ ledger: ReferenceLedger, best: BlockData, worse: BlockData, top: BlockData }> {
  const ledger = await createReferenceLedger({ ...EASY, clock })
  const pair = await Promise.all([1, 2].map(mark => blockOn([genesis], { header: { miner: Buffer.alloc(32, mark) }, transactions: [pay(alice, 0)] })))
  pair.sort((a, b) => Buffer.compare(a.hash, b.hash))
  const [best, worse] = pair as [BlockData, BlockData]
  const top = await blockOn([best])
  for (const block of [best, worse, top]) assert.equal((await ledger.add(block)).status, 'accepted')
  return { ledger, best, worse, top }
}

const violations: Array<[BlockRule, string, (held: Awaited<ReturnType<typeof grown>>) => Promise<BlockData>]> = [
  ['header', 'bytes after the header', async ({ top }) => {
    const block = await blockOn([top])
    return { ...block, header: Buffer.concat([block.header, Buffer.alloc(1)]) }
  }],
  ['header', 'no header at all', async ({ top }) => ({ ...await blockOn([top]), header: Buffer.alloc(0) })],
  ['version', 'version 2', ({ top }) => blockOn([top], { header: { version: 2 } })],
  ['parent-count', 'no parent', ({ top }) => blockOn([top], { header: { parents: [] } })],
  ['duplicate-parent', 'one parent twice', ({ top }) => blockOn([top, top])],
  ['difficulty', 'another difficulty', ({ top }) => blockOn([top], { header: { difficulty: 2n } })],
  ['timestamp-ahead', '120,001 ms ahead of the clock', ({ top }) => blockOn([top], { header: { timestamp: BigInt(NOW) + 120_001n } })],
  ['block-hash', 'named by another hash', ({ top }) => blockOn([top], { block: { hash: Buffer.alloc(32, 7) } })],
  ['block-height', 'another height beside the header', ({ top }) => blockOn([top], { block: { height: 9n } })],
  ['block-parents', 'other parents beside the header', ({ top, worse }) => blockOn([top], { block: { parents: [worse.hash] } })],
  ['block-parents', 'a parent more beside the header', ({ top, worse }) => blockOn([top], { block: { parents: [top.hash, worse.hash] } })],
  ['size', 'more than 1.25 MiB', ({ top }) => blockOn([top], { transactions: [Buffer.alloc(700_000, 1), Buffer.alloc(700_000, 2)] })],
  ['size', '10,001 transactions', ({ top }) => blockOn([top], { transactions: Array.from({ length: 10_001 }, () => Buffer.alloc(1)) })],
  ['height', 'one too high', ({ top }) => blockOn([top], { header: { height: 4n } })],
  ['height', 'its parent\'s own', ({ top }) => blockOn([top], { header: { height: 2n } })],
  ['selected-parent', 'the lower parent first', ({ top, worse }) => blockOn([worse, top])],
  ['selected-parent', 'of two as high the greater hash first', ({ best, worse }) => blockOn([worse, best])],
  ['timestamp-before-parent', 'a millisecond older than its parent', ({ top }) => blockOn([top], { header: { timestamp: 1_700_000_001_999n } })],
  ['transaction', 'bytes that are no transaction', ({ top }) => blockOn([top], { transactions: [Buffer.alloc(129)] })],
  ['transaction', 'a changed signature', ({ top }) => {
    const data = Buffer.from(pay(alice, 1))
    data[data.length - 64] = (data[data.length - 64] as number) ^ 1
    return blockOn([top], { transactions: [data] })
  }],
  ['transaction', 'signed for another network', ({ top }) => blockOn([top], { transactions: [pay(signer(0, 'other'), 1)] })],
  ['tx-root', 'another root', ({ top }) => blockOn([top], { transactions: [pay(alice, 1)], header: { txRoot: Buffer.alloc(32) } })],
  ['tx-root', 'a root over nothing', ({ top }) => blockOn([top], { header: { txRoot: Buffer.alloc(32, 1) } })],
  ['nonce', 'a gap', ({ top }) => blockOn([top], { transactions: [pay(alice, 2)] })],
  ['nonce', 'a gap at a new sender', ({ top }) => blockOn([top], { transactions: [pay(signer(1), 1)] })],
  ['nonce', 'a replay of a transaction below', ({ top }) => blockOn([top], { transactions: [pay(alice, 0)] })],
  ['nonce', 'the same transaction twice', ({ top }) => blockOn([top], { transactions: [pay(alice, 1), pay(alice, 1)] })],
  ['nonce', 'two with one nonce', ({ top }) => blockOn([top], { transactions: [pay(alice, 1, 'a'), pay(alice, 1, 'b')] })],
  ['nonce', 'a nonce skipped inside the block', ({ top }) => blockOn([top], { transactions: [pay(alice, 1), pay(alice, 3)] })],
  ['nonce', 'the greatest nonce there is', ({ top }) => blockOn([top], { transactions: [alice.sign({ nonce: 2n ** 64n - 1n, fee: 0n, priority: 0, privacyLevel: 0, energyUsed: 0n, body: Buffer.alloc(0) })] })]
]

for (const [rule, what, build] of violations) {
  test(`INVALID_BLOCK ${rule}: ${what}; the ledger stays as it was`, async () => {
    const held = await grown()
    const before = held.ledger.dump()
    await assert.rejects(held.ledger.add(await build(held)), hasRule(rule))
    assert.deepEqual({ ...held.ledger.dump(), branches: 0, cachedKeys: 0 }, { ...before, branches: 0, cachedKeys: 0 })
    assert.equal((await held.ledger.add(await blockOn([held.top], { transactions: [pay(alice, 1)] }))).status, 'accepted')
    await held.ledger.close()
  })
}

test('INVALID_BLOCK proof-of-work: a hash above the target', async () => {
  const ledger = await createReferenceLedger({ network: 'hard', difficulty: 1n << 60n, clock })
  const block = await blockOn([genesisOf('hard')], { header: { difficulty: 1n } })
  const header = Buffer.from(block.header)
  header.writeBigUInt64LE(1n << 60n, 26 + 32 + 32)
  await assert.rejects(ledger.add({ ...block, header }), hasRule('proof-of-work'))
  await ledger.close()
})

test('the bounds themselves are within the rules: 120,000 ms ahead, a parent\'s own timestamp, three parents', async () => {
  const { ledger, best, worse, top } = await grown()
  const third = await blockOn([best], { header: { miner: Buffer.alloc(32, 9) } })
  await ledger.add(third)
  const two = [top, third].sort((a, b) => Buffer.compare(a.hash, b.hash))
  const merge = await blockOn([...two, worse], { header: { timestamp: 1_700_000_002_000n } })
  assert.equal((await ledger.add(merge)).status, 'accepted')
  const ahead = await blockOn([merge], { header: { timestamp: BigInt(NOW) + 120_000n } })
  assert.equal((await ledger.add(ahead)).status, 'accepted')
  await ledger.close()
})

test('an unknown parent makes an orphan that names what is missing, and changes nothing', async () => {
  const { ledger, top } = await grown()
  const missing = await blockOn([top])
  const orphan = await blockOn([missing])
  const result = await ledger.add(orphan)
  assert.deepEqual(result.status === 'orphan' && result.missing.map(toHex), [toHex(missing.hash)])
  assert.equal(ledger.has(orphan.hash), false)
  assert.equal((await ledger.add(missing)).status, 'accepted')
  assert.equal((await ledger.add(orphan)).status, 'accepted')
  assert.deepEqual(await ledger.add(orphan), { status: 'known' })
  assert.deepEqual(await ledger.add(genesis), { status: 'known' })
  await ledger.close()
})

test('checkHeader takes the genesis header and judges others like add', async () => {
  const { ledger, top } = await grown()
  assert.deepEqual(ledger.checkHeader(genesis.header).hash, genesis.hash)
  const next = await blockOn([top])
  assert.deepEqual(ledger.checkHeader(next.header).hash, next.hash)
  assert.throws(() => ledger.checkHeader(next.header.subarray(1)), hasRule('header'))
  await ledger.close()
})

test('calls of add that overlap are applied in order', async () => {
  const ledger = await createReferenceLedger({ ...EASY, clock })
  const chain: BlockData[] = []
  for (let i = 0; i < 20; i++) chain.push(await blockOn([chain.at(-1) ?? genesis], { transactions: [pay(alice, i)] }))
  const results = await Promise.all(chain.map(block => ledger.add(block)))
  assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(['accepted']))
  assert.deepEqual(ledger.tip().hash, chain.at(-1)?.hash)
  await ledger.close()
})

test('bytes that wait in add are bounded: BUSY, and a place once they are through', async () => {
  const ledger = await createReferenceLedger({ ...EASY, clock, maxPendingBytes: 400 })
  const a = await blockOn([genesis])
  const b = await blockOn([a])
  const c = await blockOn([b])
  const [first, second, third] = await Promise.allSettled([ledger.add(a), ledger.add(b), ledger.add(c)])
  assert.deepEqual([first?.status, second?.status], ['fulfilled', 'rejected'])
  assert.ok(second?.status === 'rejected' && second.reason instanceof TosError && second.reason.code === 'BUSY')
  assert.equal(third?.status, 'rejected')
  assert.equal((await ledger.add(b)).status, 'accepted')
  assert.deepEqual([ledger.dump().pending, ledger.dump().pendingBytes], [0, 0])
  await ledger.close()
  await assert.rejects(ledger.add(c), { code: 'STORE_CLOSED' })
})
