import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { BlockData } from '../../protocols/index.ts'
import { blockHeader } from '../../src/chain/block/header.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { createSync } from '../../src/chain/sync/sync.ts'
import type { Sync, SyncOptions } from '../../src/chain/sync/sync.ts'
import { encode, toHex } from '../../src/wire/index.ts'
import { createBlockNet } from '../support/block-net.ts'
import type { Behaviour, BlockNet } from '../support/block-net.ts'
import { copy, createTestLedger, extend } from '../support/chain-fixture.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

interface World { clock: VirtualClock, net: BlockNet, source: Ledger, ledger: Ledger, sync: Sync, charged: string[] }

async function setUp (options: SyncOptions = {}): Promise<World> {
  const clock = createVirtualClock()
  const net = createBlockNet(clock)
  const [source, ledger] = [await createTestLedger(clock), await createTestLedger(clock)]
  const charged: string[] = []
  const sync = createSync({ ledger, client: net, clock, options, penalise: (peer, code) => { charged.push(`${peer} ${code}`) } })
  sync.start()
  return { clock, net, source, ledger, sync, charged }
}

const sameTip = (a: Ledger, b: Ledger): void => { assert.equal(toHex(a.tip().hash), toHex(b.tip().hash)) }

/** Headers that build on nothing anybody holds, each on the one before. */
function orphans (count: number): BlockData[] {
  const blocks: BlockData[] = []
  let parent: Uint8Array = Buffer.alloc(32, 0xee)
  for (let n = 1; n <= count; n++) {
    const fields = { version: 1, height: BigInt(n + 5), timestamp: 1_700_000_000_000n + BigInt(n), parents: [parent], txRoot: Buffer.alloc(32), difficulty: 1n, nonce: 0n, aiMined: false, miner: Buffer.alloc(32) }
    const header = encode(blockHeader, fields)
    const hash = createHash('sha3-256').update(header).digest()
    blocks.push({ hash, height: fields.height, parents: [parent], header, transactions: [] })
    parent = hash
  }
  return blocks
}

test('a chain of 10,000 orphans costs a few hundred questions and no memory, is charged once, and an honest peer is followed', async () => {
  const { clock, net, source, ledger, sync, charged } = await setUp()
  await extend(source, 30)
  const chain = orphans(10_000)
  const byHash = new Map(chain.map(block => [toHex(block.hash), block]))
  const pages: Behaviour = async ({ query, maxItems }) => {
    const answer = (blocks: BlockData[], hasMore = false) => ({ status: 0, blocks, notFound: [], hasMore })
    if (query.type === 'tips') return answer(chain.slice(-1))
    // by locator as by hash: always more of it, from the top down
    if (query.type === 'locator') return answer(chain.slice(-maxItems), true)
    return query.type === 'byHash' ? answer(query.value.flatMap(hash => byHash.get(toHex(hash)) ?? [])) : answer([])
  }
  net.join('hostile', source, pages)
  net.join('honest', source)
  sync.addPeer('hostile')
  sync.addPeer('honest')
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.deepEqual(charged, ['hostile UNKNOWN_PARENT'])
  assert.ok((net.asked.get('hostile')?.length as number) < 300, `${net.asked.get('hostile')?.length} questions`)
  assert.equal(ledger.dump()['blocks'], 31)
})

test('a peer whose chain leaves out a checkpoint is charged before one of its blocks is taken; the right chain is followed', async () => {
  const clock = createVirtualClock()
  const honest = await createTestLedger(clock)
  const blocks = await extend(honest, 50)
  const fake = await createTestLedger(clock)
  await extend(fake, 80, { miner: 6 })
  const { clock: now, net, ledger, sync, charged } = await setUp({ checkpoints: [{ height: 40n, hash: (blocks[39] as BlockData).hash }] })
  net.join('fake', fake)
  net.join('honest', honest)
  sync.addPeer('fake')
  await now.until(sync.idle())
  assert.deepEqual([charged, ledger.tip().height], [['fake INVALID_BLOCK'], 0n])
  sync.addPeer('honest')
  await now.until(sync.idle())
  sameTip(ledger, honest)
  assert.deepEqual(charged, ['fake INVALID_BLOCK'])
})

test('a peer that names the checkpoint and then serves another chain is found out by its headers', async () => {
  const clock = createVirtualClock()
  const honest = await createTestLedger(clock)
  const blocks = await extend(honest, 50)
  const fake = await createTestLedger(clock)
  await extend(fake, 200, { miner: 6 })
  const { clock: now, net, ledger, sync, charged } = await setUp({ checkpoints: [{ height: 40n, hash: (blocks[39] as BlockData).hash }] })
  net.join('fake', fake, async (question, own) => question.query.type === 'byHeight' ? { status: 0, blocks: [{ ...(blocks[39] as BlockData), header: new Uint8Array(), parents: [], transactions: [], height: 0n }], notFound: [], hasMore: false } : own())
  sync.addPeer('fake')
  await now.until(sync.idle())
  assert.deepEqual([charged, ledger.tip().height], [['fake INVALID_BLOCK'], 0n])
})

test('a short fork beside a checkpoint does not count against the peer that holds it', async () => {
  const clock = createVirtualClock()
  const honest = await createTestLedger(clock)
  const blocks = await extend(honest, 50)
  const side = await extend(honest, 20, { parents: [(blocks[37] as BlockData).hash], miner: 3 })
  const { clock: now, net, ledger, sync, charged } = await setUp({ checkpoints: [{ height: 40n, hash: (blocks[39] as BlockData).hash }] })
  // the side branch is the longer one now: make the right one longer again
  await extend(honest, 30, { parents: [(blocks[49] as BlockData).hash] })
  net.join('honest', honest)
  sync.addPeer('honest')
  await now.until(sync.idle())
  sameTip(ledger, honest)
  assert.ok(side.every(({ hash }) => ledger.has(hash)))
  assert.deepEqual(charged, [])
})

test('two nodes cut off from each other for 300 and 310 blocks: both hold both branches, neither is charged, and twice the work decides', async () => {
  const { clock, net, source, ledger, sync, charged } = await setUp()
  await extend(ledger, 300, { miner: 1 })
  const theirs = await extend(source, 310, { miner: 2 })
  const own = ledger.tip()
  net.join('a', source)
  sync.addPeer('a')
  await clock.until(sync.idle())
  assert.equal(toHex(ledger.tip().hash), toHex(own.hash), 'beyond the limit of reorganisations')
  assert.ok(theirs.every(({ hash }) => ledger.has(hash)))
  await extend(source, 290, { miner: 2 })
  await clock.advance(20_000)
  sameTip(ledger, source)
  assert.deepEqual(charged, [])
})

test('a stale branch too long to walk down costs its honest holder nothing', async () => {
  const { clock, net, source, ledger, sync, charged } = await setUp()
  const [main, side] = [await extend(await createTestLedger(clock), 400, { miner: 1 }), await extend(await createTestLedger(clock), 380, { miner: 2 })]
  await copy(main, source)
  await copy(side, source)
  net.join('a', source)
  sync.addPeer('a')
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.deepEqual([charged, sync.dump()['failures']], [[], 0])
})
