import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ClassicLevel } from 'classic-level'
import { BLOCK_STATUS, DETAIL, blockData } from '../../protocols/index.ts'
import type { BlockData, BlockQuery } from '../../protocols/index.ts'
import { createBlockServer, createReferenceLedger, exportChain, generateChain, genesisOf, transactionId } from '../../src/chain/index.ts'
import type { Ledger, LedgerEvents, ReferenceLedger } from '../../src/chain/index.ts'
import { verifyChain } from '../../src/chain/dag/chain-verify.ts'
import { verifyStore } from '../../src/chain/dag/verify-store.ts'
import { recordKey } from '../../src/chain/store/block-log.ts'
import { createMemoryStore } from '../../src/chain/store/memory-store.ts'
import { encode, toHex } from '../../src/wire/index.ts'
import { EASY, blockOn, pay, signer } from '../support/ledger-blocks.ts'

const BLOCKS = 400
const KEEP = 288
let root = ''
let golden = ''
const chain: BlockData[] = []

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tos-upkeep-'))
  golden = join(root, 'golden')
  for await (const block of generateChain({ ...EASY, blocks: BLOCKS, transactionsPerBlock: 2, bodyBytes: 300, forks: 0.1, senders: 3 })) chain.push(block)
  const ledger = await open(golden)
  for (const block of chain) await ledger.add(block)
  await ledger.close()
  // opening moves what was written into tables
  await (await open(golden)).close()
})
after(async () => { await rm(root, { recursive: true, force: true }) })

function open (location: string): Promise<ReferenceLedger> {
  return createReferenceLedger({ ...EASY, location })
}

async function copy (name: string): Promise<string> {
  const location = join(root, name)
  await cp(golden, location, { recursive: true })
  return location
}

function state (ledger: Ledger): unknown {
  const { cachedKeys: _, verifiedTransactions: __, ...dump } = ledger.dump()
  return { tip: ledger.tip(), tips: ledger.tips(), locator: ledger.locator(), order: ledger.after([], Buffer.alloc(32), 1e6).hashes.map(toHex), dump, nonces: chain.flatMap(block => block.transactions.map(data => ledger.nextNonce(data.subarray(0, 32)))) }
}

test('pruning drops the bodies below the tip less n: headers, order and nonces stay, also for the next process, and it goes on', async () => {
  const location = await copy('prune')
  let ledger = await open(location)
  const whole = state(ledger)
  const tip = Number(ledger.tip().height)
  const below = tip - KEEP
  const low = chain.filter(block => Number(block.height) < below)
  const result = await ledger.upkeep.prune(KEEP)
  assert.deepEqual([result.pruned, result.prunedBelow], [low.length, below])
  assert.ok(result.bytesAfter < result.bytesBefore, JSON.stringify(result))
  for (const round of ['same process', 'next process']) {
    assert.deepEqual(state(ledger), whole, round)
    assert.equal(ledger.upkeep.prunedBelow, BigInt(below))
    assert.equal(ledger.recovered, undefined)
    for (const block of chain) {
      assert.deepEqual(ledger.header(block.hash)?.height, block.height)
      if (Number(block.height) < below) await assert.rejects(ledger.block(block.hash), { code: 'BLOCK_PRUNED' })
      else assert.equal(toHex((await ledger.block(block.hash))?.header ?? new Uint8Array()), toHex(block.header))
    }
    await ledger.close()
    ledger = await open(location)
  }
  assert.equal((await ledger.add(await blockOn([chain.at(-1) as BlockData]))).status, 'accepted')
  assert.deepEqual((await ledger.add(low[0] as BlockData)).status, 'known')
  assert.equal(await ledger.transaction(transactionId((low[0] as BlockData).transactions[0] as Uint8Array)), undefined)
  await assert.rejects(exportChain(ledger, join(root, 'x.chain')), { code: 'BLOCK_PRUNED' })
  const again = await ledger.upkeep.verify({ signatures: true })
  assert.deepEqual([again.blocks, again.pruned, again.damage], [BLOCKS + 1, low.length, undefined])
  assert.equal((await ledger.upkeep.prune(KEEP + 10)).pruned, 0)
  await assert.rejects(ledger.upkeep.prune(KEEP - 1), { code: 'USAGE' })
  await ledger.close()
})

test('a peer that asks for a pruned body is told so, by hash and by locator', async () => {
  const ledger = await createReferenceLedger(EASY)
  for (const block of chain) await ledger.add(block)
  await ledger.upkeep.prune(KEEP)
  const serve = createBlockServer(ledger)
  const [first, last] = [chain[0] as BlockData, chain.at(-1) as BlockData]
  const byHash = await serve({ query: { type: 'byHash', value: [first.hash, last.hash] }, detail: DETAIL.full, maxItems: 64 })
  assert.deepEqual([byHash.status, byHash.blocks.length, byHash.notFound.map(toHex)], [BLOCK_STATUS.pruned, 1, [toHex(first.hash)]])
  const locator: BlockQuery = { type: 'locator', value: { ids: [{ hash: ledger.genesis, height: 0n }], stop: Buffer.alloc(32) } }
  assert.deepEqual(await serve({ query: locator, detail: DETAIL.full, maxItems: 64 }), { status: BLOCK_STATUS.pruned, blocks: [], notFound: [], hasMore: false })
  assert.deepEqual([(await serve({ query: locator, detail: DETAIL.header, maxItems: 64 })).status], [BLOCK_STATUS.ok])
  await ledger.close()
})

test('a body that the disk damages while the node runs becomes a stub: all else is kept, the old log put aside, the operator told', async () => {
  const location = await copy('damaged')
  let ledger = await open(location)
  const whole = state(ledger)
  const victim = chain[120] as BlockData
  await flip(join(location, 'blocks'), victim.header)
  const told = new Promise<LedgerEvents['damage']['detail']>(resolve => { ledger.addEventListener('damage', ({ detail }) => { resolve(detail) }) })
  await assert.rejects(ledger.block(victim.hash), { code: 'BLOCK_PRUNED' })
  const { hash, height, error, kept } = await told
  assert.deepEqual([toHex(hash), height, error.code, kept], [toHex(victim.hash), Number(victim.height), 'STORE_CORRUPT', true])
  assert.ok((await readdir(join(location, 'blocks.damaged'))).length > 0)
  await assert.rejects(ledger.block(victim.hash), { code: 'BLOCK_PRUNED' })
  assert.deepEqual(state(ledger), whole)
  assert.equal((await ledger.add(await blockOn([chain.at(-1) as BlockData]))).status, 'accepted')
  await ledger.close()
  ledger = await open(location)
  assert.equal(ledger.recovered, undefined)
  assert.equal(ledger.dump().blocks, BLOCKS + 2)
  assert.equal(ledger.upkeep.prunedBelow, victim.height + 1n)
  for (const block of chain) if (block !== victim) assert.ok(await ledger.block(block.hash))
  await ledger.close()
})

test('stats count what is there and how fast it grows', async () => {
  const ledger = await open(await copy('stats'))
  const { blocks, height, transactions, bytes, growth, writable, tips, merged, aside } = await ledger.upkeep.stats()
  assert.deepEqual([blocks, height, tips, writable, merged + aside + height], [BLOCKS, Number(ledger.tip().height), ledger.tips().length, true, BLOCKS])
  assert.equal(transactions, new Set(chain.flatMap(block => block.transactions.map(data => toHex(transactionId(data))))).size)
  assert.ok(bytes > 300 * 2 * height, `${bytes}`)
  // one height a second
  assert.equal(growth?.blocksPerDay, 86_400)
  assert.ok((growth?.bytesPerDay ?? 0) > 86_400 * 600 && (growth?.bytesPerDay ?? 0) < 86_400 * 2400, JSON.stringify(growth))
  await ledger.close()
})

test('verify finds each kind of wrong block that a hash chain alone would vouch for, and names it', async () => {
  const genesis = genesisOf(EASY.network)
  const first = await blockOn([genesis])
  const paid = await blockOn([first], { transactions: [pay(signer(1), 0)] })
  const other = await blockOn([first], { transactions: [pay(signer(2), 0)] })
  const forged = Buffer.from(pay(signer(1), 0))
  forged.writeUInt8(forged.readUInt8(forged.length - 1) ^ 1, forged.length - 1)
  const cases: Array<[string, BlockData, RegExp, boolean?]> = [
    ['header hash', { ...paid, hash: other.hash }, /not named by the hash/],
    ['Merkle root', { ...paid, transactions: other.transactions }, /not those of the header/],
    ['order', await blockOn([paid]), /a parent is missing/],
    ['height', await blockOn([first], { header: { height: 7n } }), /does not follow/],
    ['work', await blockOn([first], { header: { difficulty: 2n } }), /difficulty/],
    ['nonce', await blockOn([first], { transactions: [pay(signer(1), 5)] }), /nonce 5/],
    ['signature', await blockOn([first], { transactions: [forged] }), /signature/, true]
  ]
  for (const [what, bad, reason, signatures = false] of cases) {
    const store = createMemoryStore()
    for (const block of [first, bad]) await store.append(encode(blockData, block))
    const { blocks, damage, last } = await verifyChain(store, { ...EASY, signatures })
    assert.equal(blocks, 1, what)
    assert.match(damage?.reason ?? '', reason, what)
    assert.deepEqual([damage?.number, damage?.hash, last], [2, toHex(bad.hash), { number: 1, height: 1, hash: toHex(first.hash) }], what)
  }
  const store = createMemoryStore()
  for (const block of [first, paid, other]) await store.append(encode(blockData, block))
  const { last: _, ...whole } = await verifyChain(store, { ...EASY, signatures: true })
  assert.deepEqual(whole, { blocks: 3, pruned: 0, transactions: 2, height: 2, signatures: true })
})

test('verify names a block that is gone by what stands behind it, and leaves the store as it found it', async () => {
  const location = await copy('gone')
  const at = chain.findIndex((block, i) => i > 50 && chain[i - 1]?.height === block.height - 1n && chain[i + 1]?.parents.length === 1 && chain[i + 1]?.height === block.height + 1n)
  const gone = chain[at] as BlockData
  const db = new ClassicLevel<Buffer, Buffer>(join(location, 'blocks'), { keyEncoding: 'buffer', valueEncoding: 'buffer', compression: false })
  await db.del(recordKey(at + 1))
  await db.close()
  for (const round of [1, 2]) {
    const { damage, last } = await verifyStore(location, EASY)
    assert.deepEqual(damage, { number: at + 1, reason: `block ${at + 1} is missing`, height: Number(gone.height), hash: toHex(gone.hash) }, `round ${round}`)
    assert.equal(last.hash, toHex((chain[at - 1] as BlockData).hash))
  }
})

/** Flips one bit on the disk under an open log. */
async function flip (directory: string, where: Uint8Array): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    const bytes = await readFile(path)
    const at = bytes.indexOf(where)
    if (at === -1) continue
    bytes.writeUInt8(bytes.readUInt8(at + where.length - 1) ^ 1, at + where.length - 1)
    await writeFile(path, bytes, { flag: 'r+' })
    return
  }
  assert.fail('the block stands in no file')
}
