import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import type { BlockData } from '../../protocols/index.ts'
import { createReferenceLedger, genesisOf, transactionId, verifyMerkleProof } from '../../src/chain/index.ts'
import type { ReferenceLedger } from '../../src/chain/index.ts'
import { fromHex, toHex } from '../../src/wire/index.ts'
import { createDagModel } from '../support/dag-model.ts'
import type { DagModel } from '../support/dag-model.ts'
import { EASY, blockOn, pay, signer } from '../support/ledger-blocks.ts'

const STOP = Buffer.alloc(32)
const senders = [signer(0), signer(1), signer(2)]
const genesis = genesisOf(EASY.network)

/** How each block of a random DAG comes about: mostly on the newest few, so that branches stay open and meet again. */
const recipe = fc.array(fc.record({
  back: fc.array(fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) }, { weight: 2, arbitrary: fc.integer({ min: 1, max: 8 }) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) }), { minLength: 1, maxLength: 3 }),
  payments: fc.array(fc.record({ sender: fc.nat(2), count: fc.integer({ min: 1, max: 2 }) }), { maxLength: 2 })
}), { minLength: 1, maxLength: 40 })

async function modelOf (steps: ReadonlyArray<{ back: number[], payments: Array<{ sender: number, count: number }> }>): Promise<DagModel> {
  const model = createDagModel()
  for (const { back, payments } of steps) {
    const own = payments.filter(({ sender }, i) => payments.findIndex(other => other.sender === sender) === i)
    await model.grow(back.map(distance => Math.max(0, model.blocks.length - distance)), own.map(({ sender, count }) => ({ from: senders[sender] as typeof senders[number], count })))
  }
  return model
}

/** Adds in any order; what comes before its parents waits. */
async function addAll (ledger: ReferenceLedger, blocks: readonly BlockData[]): Promise<void> {
  let waiting = blocks
  while (waiting.length > 0) {
    const orphans: BlockData[] = []
    for (const block of waiting) if ((await ledger.add(block)).status === 'orphan') orphans.push(block)
    assert.ok(orphans.length < waiting.length, 'no progress')
    waiting = orphans
  }
}

function orderOf (ledger: ReferenceLedger): string[] {
  return [genesis.hash, ...ledger.after([], STOP, 1e6).hashes].map(toHex)
}

async function agrees (ledger: ReferenceLedger, model: DagModel): Promise<void> {
  assert.equal(toHex(ledger.tip().hash), model.tip())
  assert.deepEqual(orderOf(ledger), model.order())
  const accounts = model.accounts()
  for (const { sender } of senders) {
    const history = accounts.get(toHex(sender)) ?? []
    assert.equal(ledger.nextNonce(sender), BigInt(history.length))
    for (const { data, block } of history) {
      const id = transactionId(fromHex(data))
      const found = await ledger.transaction(id)
      assert.ok(found !== undefined)
      assert.equal(toHex(found.data), data)
      assert.equal(toHex(found.proof.blockHash), block)
      assert.ok(verifyMerkleProof({ id, ...found.proof, root: ledger.header(found.proof.blockHash)?.txRoot ?? STOP }))
    }
  }
  const counted = new Set([...accounts.values()].flat().map(({ data }) => data))
  for (const data of model.blocks.flatMap(block => block.transactions)) {
    if (!counted.has(toHex(data))) assert.equal(await ledger.transaction(transactionId(data)), undefined)
  }
}

test('random DAGs: tip, order, nonces and transactions equal the model\'s, in whatever order blocks arrive', async () => {
  await fc.assert(fc.asyncProperty(recipe, fc.infiniteStream(fc.nat()), async (steps, shuffle) => {
    const model = await modelOf(steps)
    const shuffled = model.blocks.slice(1).map(block => ({ block, key: shuffle.next().value })).sort((a, b) => a.key - b.key).map(({ block }) => block)
    for (const blocks of [model.blocks.slice(1), shuffled]) {
      const ledger = await createReferenceLedger(EASY)
      await addAll(ledger, blocks)
      await agrees(ledger, model)
      await ledger.close()
    }
  }), { numRuns: 60, seed: 9 })
})

test('random DAGs: the order is topological, holds every ancestor of the tip once, and each tip has no child', async () => {
  await fc.assert(fc.asyncProperty(recipe, async steps => {
    const model = await modelOf(steps)
    const ledger = await createReferenceLedger(EASY)
    await addAll(ledger, model.blocks.slice(1))
    const order = orderOf(ledger)
    const place = new Map(order.map((hash, position) => [hash, position]))
    assert.equal(place.size, order.length)
    for (const hash of order.slice(1)) {
      for (const parent of ledger.header(fromHex(hash))?.parents ?? []) assert.ok((place.get(toHex(parent)) ?? Infinity) < (place.get(hash) ?? 0))
    }
    const parents = new Set(model.blocks.flatMap(block => block.parents).map(toHex))
    assert.deepEqual(new Set(ledger.tips().map(({ hash }) => toHex(hash))), new Set(model.blocks.map(({ hash }) => toHex(hash)).filter(hash => !parents.has(hash))))
    await ledger.close()
  }), { numRuns: 40, seed: 10 })
})

test('random DAGs: after() pages through the same order whatever the page, and a locator of any ledger continues it', async () => {
  await fc.assert(fc.asyncProperty(recipe, fc.integer({ min: 1, max: 7 }), fc.nat(), async (steps, page, cut) => {
    const model = await modelOf(steps)
    const ledger = await createReferenceLedger(EASY)
    const partial = await createReferenceLedger(EASY)
    await addAll(ledger, model.blocks.slice(1))
    await addAll(partial, model.blocks.slice(1, 1 + cut % model.blocks.length))
    const paged: string[] = [toHex(genesis.hash)]
    for (let more = true; more;) {
      const answer = ledger.after([{ hash: fromHex(paged.at(-1) ?? ''), height: 0n }], STOP, page)
      paged.push(...answer.hashes.map(toHex))
      more = answer.more
    }
    assert.deepEqual(paged, orderOf(ledger))
    // whoever sends a locator gets all that is missing, and never an orphan
    for (const hash of ledger.after(partial.locator(), STOP, 1e6).hashes) {
      const block = await ledger.block(hash)
      assert.notEqual((await partial.add(block as BlockData)).status, 'orphan')
    }
    assert.deepEqual(partial.tip(), ledger.tip())
    await Promise.all([ledger.close(), partial.close()])
  }), { numRuns: 40, seed: 11 })
})

test('the template makes a block that merges the open tips and is valid', async () => {
  await fc.assert(fc.asyncProperty(recipe, async steps => {
    const model = await modelOf(steps)
    const ledger = await createReferenceLedger(EASY)
    await addAll(ledger, model.blocks.slice(1))
    const { parents, height, minTimestamp, difficulty } = ledger.template()
    assert.equal(parents.length, Math.min(3, ledger.tips().length))
    const block = await blockOn(parents.map(hash => ({ hash, height: ledger.header(hash)?.height ?? -1n })), { header: { timestamp: minTimestamp, difficulty } })
    assert.equal(block.height, height)
    assert.deepEqual(await ledger.add(block), { status: 'accepted', tipChanged: true, reorganised: 0 })
    await ledger.close()
  }), { numRuns: 40, seed: 12 })
})

test('what a merged branch repeats counts once, what it contradicts is skipped, and the merging block may carry either', async () => {
  const [alice, bob] = senders as [typeof senders[0], typeof senders[0]]
  const ledger = await createReferenceLedger(EASY)
  const repeated = pay(alice, 0)
  const left = await blockOn([genesis], { transactions: [repeated, pay(alice, 1, 'left')] })
  const right = await blockOn([genesis], { transactions: [repeated, pay(alice, 1, 'right'), pay(alice, 2, 'right'), pay(bob, 0)] })
  const pair = [left, right].sort((a, b) => Buffer.compare(a.hash, b.hash))
  // bob's nonce 0 and alice's 2 may stand in the merged branch alone: the selected parent does not know them, the block repeats them
  const merge = await blockOn(pair, { transactions: pair[0] === left ? [pay(alice, 2, 'mine'), pay(bob, 0, 'mine'), pay(bob, 1)] : [pay(alice, 3), pay(bob, 1)] })
  for (const block of [left, right, merge]) assert.equal((await ledger.add(block)).status, 'accepted')
  assert.equal((await ledger.transaction(transactionId(repeated)))?.proof.blockHash.toString(), pair[0]?.hash.toString())
  const skipped = pair[0] === left ? [pay(alice, 1, 'right'), pay(alice, 2, 'mine'), pay(bob, 0, 'mine')] : [pay(alice, 1, 'left')]
  for (const data of skipped) assert.equal(await ledger.transaction(transactionId(data)), undefined)
  assert.equal(ledger.nextNonce(bob.sender), 2n)
  assert.equal(ledger.nextNonce(alice.sender), pair[0] === left ? 3n : 4n)
  await ledger.close()
})

test('a reorganisation tells how many selected blocks it replaced, and takes their transactions back', async () => {
  const [alice] = senders as [typeof senders[0]]
  const ledger = await createReferenceLedger(EASY)
  const events: Array<{ tip: string, reorganised: number }> = []
  ledger.addEventListener('tip', ({ detail }) => { events.push({ tip: toHex(detail.tip.hash), reorganised: detail.reorganised }) })
  const chain = async (length: number, mark: number): Promise<BlockData[]> => {
    const blocks: BlockData[] = []
    for (let i = 0; i < length; i++) blocks.push(await blockOn([blocks.at(-1) ?? genesis], { header: { miner: Buffer.alloc(32, mark) }, transactions: [pay(alice, i, `${mark}`)] }))
    return blocks
  }
  const [short, long] = await Promise.all([chain(128, 1), chain(129, 2)])
  await addAll(ledger, short)
  events.length = 0
  const results = []
  for (const block of long) results.push(await ledger.add(block))
  const switches = results.filter(result => result.status === 'accepted' && result.reorganised > 0)
  // equal work: the lower hash may have decided one block earlier
  assert.deepEqual(switches, [{ status: 'accepted', tipChanged: true, reorganised: 128 }])
  assert.equal(events.at(-1)?.tip, toHex(long.at(-1)?.hash ?? STOP))
  assert.equal(ledger.nextNonce(alice.sender), 129n)
  assert.equal(await ledger.transaction(transactionId(pay(alice, 0, '1'))), undefined)
  assert.ok(await ledger.transaction(transactionId(pay(alice, 0, '2'))))
  assert.deepEqual(ledger.atHeights(1n, 512).map(toHex), long.map(({ hash }) => toHex(hash)))
  assert.deepEqual(ledger.atHeights(129n, 5).length, 1)
  assert.deepEqual([ledger.atHeights(130n, 5), ledger.atHeights(2n ** 64n - 1n, 5)], [[], []])
  await ledger.close()
})

test('the locator names 30 blocks, then doubles its steps, and ends with genesis', async () => {
  const ledger = await createReferenceLedger(EASY)
  let last: BlockData = genesis
  for (let i = 0; i < 100; i++) {
    last = await blockOn([last])
    await ledger.add(last)
  }
  const heights = ledger.locator().map(({ height }) => Number(height))
  assert.deepEqual(heights.slice(0, 30), Array.from({ length: 30 }, (_, i) => 100 - i))
  assert.deepEqual(heights.slice(29), [71, 69, 65, 57, 41, 9, 0])
  const stop = ledger.atHeights(5n, 1)[0] as Uint8Array
  assert.deepEqual(ledger.after([], stop, 100).hashes.map(toHex), ledger.atHeights(1n, 5).map(toHex))
  assert.deepEqual(ledger.after([], stop, 5).more, false)
  assert.deepEqual(ledger.after([], stop, 4).more, true)
  assert.deepEqual(ledger.after([{ hash: STOP, height: 3n }], STOP, 1).hashes.map(toHex), ledger.atHeights(1n, 1).map(toHex))
  await ledger.close()
})
