import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import type { BlockData } from '../../protocols/index.ts'
import { createHeaderChain } from '../../src/chain/light/header-chain.ts'
import type { HeaderChain } from '../../src/chain/light/header-chain.ts'
import { createReferenceLedger, genesisOf, mineHeader } from '../../src/chain/index.ts'
import { decode, toHex } from '../../src/wire/index.ts'
import { blockHeader } from '../../src/chain/block/header.ts'
import { createDagModel } from '../support/dag-model.ts'
import { EASY, NOW, blockOn } from '../support/ledger-blocks.ts'
import type { Parent } from '../support/ledger-blocks.ts'

const genesis = genesisOf(EASY.network)
const now = (): number => NOW
const chainOf = (maxHeaders?: number): HeaderChain => createHeaderChain({ ...EASY, now, ...(maxHeaders === undefined ? {} : { maxHeaders }) })
/** Hashes as text: one side has them in Buffers. */
const named = <T extends { readonly hash: Uint8Array }>(refs: readonly T[]) => refs.map(({ hash, ...ref }) => Object.assign(ref, { hash: toHex(hash) }))
const broken = (name: string) => (error: { code?: string, details?: { rule?: string } }): boolean => error.code === 'INVALID_BLOCK' && error.details?.rule === name

/** A line of blocks on `parent`. */
async function line (parent: Parent, count: number, mark = 0): Promise<BlockData[]> {
  const blocks: BlockData[] = []
  for (let below = parent; blocks.length < count; below = blocks.at(-1) as BlockData) blocks.push(await blockOn([below], { header: { miner: Buffer.alloc(32, mark) } }))
  return blocks
}

function addAll (chain: HeaderChain, blocks: readonly BlockData[]): void {
  let waiting = blocks
  while (waiting.length > 0) {
    const orphans = waiting.filter(({ header }) => chain.add(header).status === 'orphan')
    assert.ok(orphans.length < waiting.length, 'no progress')
    waiting = orphans
  }
}

test('random DAGs: tip and what is below it equal the model\'s, in whatever order headers arrive, after a reorganisation too', async () => {
  const recipe = fc.array(fc.array(fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) }, { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }) }), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 40 })
  await fc.assert(fc.asyncProperty(recipe, fc.infiniteStream(fc.nat()), async (steps, shuffle) => {
    const model = createDagModel()
    for (const back of steps) await model.grow(back.map(distance => Math.max(0, model.blocks.length - distance)), [])
    const blocks = model.blocks.slice(1)
    const shuffled = blocks.map(block => ({ block, key: shuffle.next().value })).sort((a, b) => a.key - b.key).map(({ block }) => block)
    for (const arriving of [blocks, shuffled]) {
      const chain = chainOf()
      addAll(chain, arriving)
      assert.equal(toHex(chain.tip().hash), model.tip())
      const below = new Set(model.order())
      for (const { hash } of model.blocks) {
        assert.equal(chain.takenAt(hash) !== undefined, below.has(toHex(hash)))
        assert.deepEqual(chain.header(hash), decode(blockHeader, (model.blocks.find(block => block.hash === hash) as BlockData).header))
      }
      // the header chain and the full ledger speak of the same names
      const ledger = await createReferenceLedger(EASY)
      for (const block of blocks) await ledger.add(block)
      assert.deepEqual(named(chain.locator()), named(ledger.locator()))
      assert.deepEqual(named(chain.tips()), named(ledger.tips()))
      await ledger.close()
    }
  }), { numRuns: 30, seed: 61 })
})

test('each rule that needs headers alone is enforced', async () => {
  const chain = chainOf()
  const [one] = await line(genesis, 1) as [BlockData]
  const [side] = await line(genesis, 1, 1) as [BlockData]
  addAll(chain, [one, side])
  const ordered = [one, side].sort((a, b) => Buffer.compare(a.hash, b.hash)) as [BlockData, BlockData]
  const cases: ReadonlyArray<readonly [string, BlockData]> = [
    ['height', await blockOn([one], { header: { height: 7n } })],
    ['timestamp-before-parent', await blockOn([one], { header: { timestamp: 1n } })],
    ['timestamp-ahead', await blockOn([one], { header: { timestamp: BigInt(NOW) + 120_001n } })],
    ['selected-parent', await blockOn([ordered[1], ordered[0]])],
    ['duplicate-parent', await blockOn([one, one])],
    ['parent-count', await blockOn([], { header: { height: 2n } })],
    ['version', await blockOn([one], { header: { version: 2 } })],
    ['difficulty', await blockOn([one], { difficulty: 2n })]
  ]
  for (const [name, { header }] of cases) assert.throws(() => chain.add(header), broken(name), name)
  assert.throws(() => chain.add(one.header.subarray(1)), broken('header'))
  assert.equal(chain.size, 3)
  assert.equal(chain.tip().height, 1n)
})

test('a header without its work is refused', async () => {
  const difficulty = 1000n
  const chain = createHeaderChain({ network: 'worked', difficulty, now })
  const fields = { version: 1, height: 1n, timestamp: 1_700_000_001_000n, parents: [genesisOf('worked').hash], txRoot: Buffer.alloc(32), difficulty, nonce: 0n, aiMined: false, miner: Buffer.alloc(32) }
  const mined = await mineHeader(fields)
  assert.ok(mined)
  const lazy = mined.header.slice()
  // the miner stands last: other bytes, the same nonce
  lazy[lazy.length - 1] = 1
  assert.throws(() => chain.add(lazy), broken('proof-of-work'))
  assert.equal(chain.add(mined.header).status, 'accepted')
  assert.equal(chain.tip().cumulativeDifficulty, 1001n)
})

test('a branch of 128 is given up for a heavier one, one of 129 only for twice the work', async () => {
  const short = await line(genesis, 129)
  for (const [depth, taken] of [[128, true], [129, false]] as const) {
    const chain = chainOf()
    addAll(chain, short.slice(0, depth))
    const rival = await line(genesis, 258, 1)
    const results = rival.slice(0, depth + 1).map(({ header }) => chain.add(header))
    // of two equal branches the lower hash decides, so the last or the one before it may bring the change
    assert.equal(results.reduce((most, result) => Math.max(most, result.status === 'accepted' ? result.reorganised : 0), 0), taken ? 128 : 0)
    assert.equal(results.reduce((most, { refused = 0 }) => Math.max(most, refused), 0), taken ? 0 : 129)
    addAll(chain, rival)
    assert.equal(toHex(chain.tip().hash), toHex((rival.at(-1) as BlockData).hash), 'twice the work wins')
  }
})

test('old headers are dropped above the limit: the chain goes on from the lowest one kept, and memory stays flat', async () => {
  const blocks = await line(genesis, 500)
  const chain = chainOf(100)
  addAll(chain, blocks)
  assert.ok(chain.size <= 101, `${chain.size} headers`)
  assert.ok(chain.bytes < 101 * 400)
  assert.equal(chain.tip().height, 500n)
  assert.equal(chain.tip().cumulativeDifficulty, 501n)
  assert.equal(chain.at(500n)?.join(), blocks[499]?.hash.join())
  assert.equal(chain.at(10n), undefined)
  assert.equal(chain.takenAt((blocks[10] as BlockData).hash), undefined)
  // and it can begin there again
  const again = createHeaderChain({ ...EASY, now, root: chain.root, maxHeaders: 100 })
  for (const header of chain.headers()) again.add(header)
  assert.deepEqual(again.tip(), chain.tip())
  assert.equal(again.locator().length, chain.locator().length)
})

test('side branches are bounded too: those nobody merged go first', async () => {
  const chain = chainOf(20)
  const main = await line(genesis, 15)
  addAll(chain, main)
  for (let mark = 1; mark < 100; mark++) chain.add((await line(main[12] as BlockData, 1, mark))[0]?.header as Uint8Array)
  assert.ok(chain.size <= 40, `${chain.size} headers`)
  assert.equal(toHex(chain.tip().hash), toHex((main[14] as BlockData).hash))
})

test('what a branch merged is no longer below the tip once that branch is given up', async () => {
  const sides = [...await line(genesis, 1), ...await line(genesis, 1, 1)].sort((a, b) => Buffer.compare(a.hash, b.hash))
  const merge = await blockOn(sides)
  const chain = chainOf()
  addAll(chain, [...sides, merge])
  for (const { hash } of sides) assert.notEqual(chain.takenAt(hash), undefined)
  assert.equal(chain.takenAt((sides[1] as BlockData).hash), 2n, 'by the merge')
  addAll(chain, await line(genesis, 3, 2))
  for (const { hash } of [...sides, merge]) assert.equal(chain.takenAt(hash), undefined)
})
