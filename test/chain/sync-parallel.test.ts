import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLOCK_STATUS, DETAIL } from '../../protocols/index.ts'
import type { BlockAnswer, BlockData } from '../../protocols/index.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { createSync } from '../../src/chain/sync/sync.ts'
import type { Sync, SyncOptions } from '../../src/chain/sync/sync.ts'
import { TosError } from '../../src/errors/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { createBlockNet, never } from '../support/block-net.ts'
import type { Behaviour, BlockNet } from '../support/block-net.ts'
import { copy, createTestLedger, extend, makeBlock, signer } from '../support/chain-fixture.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

interface World { clock: VirtualClock, net: BlockNet, source: Ledger, ledger: Ledger, sync: Sync, charged: string[], failed: string[] }

async function setUp (options: SyncOptions = {}): Promise<World> {
  const clock = createVirtualClock()
  const net = createBlockNet(clock)
  const [source, ledger] = [await createTestLedger(clock), await createTestLedger(clock)]
  const charged: string[] = []
  const failed: string[] = []
  const sync = createSync({
    ledger, client: net, clock, options,
    penalise: (peer, code) => { charged.push(`${peer} ${code}`) }, onPeerFailed: (peer, { code }) => { failed.push(`${peer} ${code}`) }
  })
  sync.start()
  return { clock, net, source, ledger, sync, charged, failed }
}

const sameTip = (a: Ledger, b: Ledger): void => { assert.equal(toHex(a.tip().hash), toHex(b.tip().hash)) }
const bodiesAsked = (net: BlockNet, peer: string): number =>
  net.asked.get(peer)?.reduce((sum, { detail, query }) => sum + (detail === DETAIL.full && query.type === 'byHash' ? query.value.length : 0), 0) ?? 0
const onBodies = (change: (answer: BlockAnswer) => BlockAnswer | Promise<BlockAnswer>): Behaviour => async (question, honest) => {
  const answer = await honest()
  return question.detail === DETAIL.full ? change(answer) : answer
}
/** Answers after `ms` of the clock. */
const slow = (clock: VirtualClock, ms: number): Behaviour => onBodies(answer => new Promise(resolve => { clock.after(ms, () => { resolve(answer) }) }))
const meet = ({ net, sync, source }: World, peers: Record<string, Behaviour | undefined>): void => {
  for (const [peer, behaviour] of Object.entries(peers)) net.join(peer, source, behaviour)
  for (const peer of Object.keys(peers)) sync.addPeer(peer)
}

test('bodies come from all peers, each block once', async () => {
  const world = await setUp()
  const { clock, net, source, ledger, sync, charged } = world
  await extend(source, 1500)
  meet(world, { a: slow(clock, 20), b: slow(clock, 20), c: slow(clock, 20), d: slow(clock, 20) })
  await clock.until(sync.idle())
  sameTip(ledger, source)
  const shares = ['a', 'b', 'c', 'd'].map(peer => bodiesAsked(net, peer))
  assert.equal(shares.reduce((sum, share) => sum + share), 1500)
  assert.ok(shares.every(share => share > 150), `${shares}`)
  assert.deepEqual(charged, [])
})

test('four peers of 100 ms an answer are about four times as fast as one', async () => {
  const times: number[] = []
  for (const peers of [['a'], ['a', 'b', 'c', 'd']]) {
    const world = await setUp({ inFlight: 1 })
    await extend(world.source, 2000)
    const began = world.clock.now()
    let done = 0
    world.ledger.addEventListener('tip', () => { done = world.clock.now() })
    meet(world, Object.fromEntries(peers.map(peer => [peer, slow(world.clock, 100)])))
    await world.clock.until(world.sync.idle())
    sameTip(world.ledger, world.source)
    times.push(done - began)
  }
  assert.ok((times[0] as number) > 3 * (times[1] as number), `${times} ms`)
})

const stallers: Array<[what: string, behaviour: (clock: VirtualClock) => Behaviour]> = [
  ['never sends a body', () => onBodies(() => never())],
  ['trickles: an answer takes a minute, as at one byte a second', clock => slow(clock, 60_000)]
]
for (const [what, behaviour] of stallers) {
  test(`a peer that ${what} costs two seconds once, is charged and replaced`, async () => {
    const world = await setUp()
    const { clock, source, ledger, sync, charged } = world
    await extend(source, 300)
    const began = clock.now()
    meet(world, { bad: behaviour(clock), a: slow(clock, 20), b: slow(clock, 20) })
    await clock.until(sync.idle())
    sameTip(ledger, source)
    assert.deepEqual(charged, ['bad TIMEOUT'])
    assert.ok(clock.now() - began < 3000, `${clock.now() - began} ms`)
    await sync.stop()
  })
}

test('a peer that answers nothing at all keeps nobody from being followed', async () => {
  const world = await setUp()
  const { clock, net, source, ledger, sync, charged } = world
  await extend(source, 50)
  for (let i = 0; i < 7; i++) net.join(`dead${i}`, source, () => never())
  for (let i = 0; i < 7; i++) sync.addPeer(`dead${i}`)
  meet(world, { good: undefined })
  await clock.advance(100)
  sameTip(ledger, source)
  await clock.until(sync.idle())
  assert.equal(charged.filter(entry => entry.endsWith('TIMEOUT')).length, 7)
})

test('a peer that names its tips and then sends no headers costs five seconds, not the longest wait, when another can be followed', async () => {
  const world = await setUp()
  const { clock, source, ledger, sync, charged } = world
  await extend(source, 50)
  const began = clock.now()
  let done = 0
  ledger.addEventListener('tip', () => { done = clock.now() })
  const later: Behaviour = async (question, honest) => {
    if (question.query.type === 'tips') await new Promise<void>(resolve => { clock.after(5, resolve) })
    return honest()
  }
  meet(world, { bad: (question, honest) => question.query.type === 'locator' ? never() : honest(), good: later })
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.deepEqual(charged, ['bad TIMEOUT'])
  assert.ok(done - began <= 5100, `${done - began} ms`)
})

const other = makeBlock(await createTestLedger(createVirtualClock()), { miner: 7 })
const spoil = (block: BlockData, change: Partial<BlockData>): BlockData => ({ ...block, ...change })
const lies: Array<[what: string, change: (blocks: BlockData[]) => BlockData[]]> = [
  ['another\'s block under this one\'s name', blocks => blocks.map(block => spoil(other, { hash: block.hash }))],
  ['the wrong hash', blocks => blocks.map(block => spoil(block, { hash: Buffer.alloc(32, 1) }))],
  ['the wrong parents beside the header', blocks => blocks.map(block => spoil(block, { parents: [Buffer.alloc(32, 2)] }))],
  ['the wrong height beside the header', blocks => blocks.map(block => spoil(block, { height: block.height + 1n }))],
  ['work that is missing: header bytes changed', blocks => blocks.map(block => spoil(block, { header: Buffer.concat([block.header.subarray(0, -1), Buffer.of(255)]) }))],
  ['the wrong Merkle root: a foreign transaction', blocks => blocks.map(block => spoil(block, { transactions: [signer(9).sign({ nonce: 0n })] }))],
  ['transactions that are none', blocks => blocks.map(block => spoil(block, { transactions: [Buffer.from('junk')] }))]
]
for (const [what, change] of lies) {
  test(`two of four peers answer bodies with ${what}: only they are charged, and the chain comes`, async () => {
    const world = await setUp()
    const { clock, source, ledger, sync, charged } = world
    await extend(source, 400)
    const liar = onBodies(answer => ({ ...answer, blocks: change([...answer.blocks]) }))
    meet(world, { bad1: liar, good1: undefined, bad2: liar, good2: undefined })
    await clock.until(sync.idle())
    sameTip(ledger, source)
    assert.deepEqual([...charged].sort(), ['bad1 INVALID_BLOCK', 'bad2 INVALID_BLOCK'])
  })
}

test('a block that breaks a rule under its own hash is charged to who named it, not to who merely sent it', async () => {
  const world = await setUp()
  const { clock, net, source, ledger, sync, charged } = world
  await extend(source, 20)
  const fake = await createTestLedger(clock)
  await copy(await Promise.all(source.atHeights(1n, 20).map(hash => source.block(hash) as Promise<BlockData>)), fake)
  // a nonce out of turn: everything else is in order, so the ledger of the liar must be forced
  const invalid = makeBlock(fake, { transactions: [signer(1).sign({ nonce: 5n })] })
  const named: Behaviour = async (question, honest) => {
    if (question.query.type === 'tips') return { status: 0, blocks: [{ ...invalid, transactions: [] }], notFound: [], hasMore: false }
    if (question.query.type === 'locator') {
      const answer = await honest()
      return { ...answer, blocks: [...answer.blocks, { ...invalid, transactions: [] }] }
    }
    return question.query.type === 'byHash' && question.query.value.some(hash => toHex(hash) === toHex(invalid.hash)) ? { status: 0, blocks: [invalid], notFound: [], hasMore: false } : honest()
  }
  net.join('leader', fake, named)
  net.join('honest', source)
  sync.addPeer('leader')
  sync.addPeer('honest')
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.deepEqual(charged, ['leader INVALID_BLOCK'])
})

test('a busy peer is asked again after a pause, neither put aside nor charged', async () => {
  const world = await setUp()
  const { clock, source, ledger, sync, failed } = world
  await extend(source, 30)
  let busy = 3
  meet(world, { a: onBodies(answer => busy-- > 0 ? { status: BLOCK_STATUS.busy, blocks: [], notFound: [], hasMore: false } : answer) })
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.deepEqual(failed, [])
})

test('peers that are behind are asked a few times and never charged', async () => {
  const world = await setUp()
  const { clock, net, source, ledger, sync, charged, failed } = world
  const blocks = await extend(source, 600)
  const behind = await createTestLedger(clock)
  await copy(blocks.slice(0, 10), behind)
  net.join('behind', behind)
  sync.addPeer('behind')
  await clock.until(sync.idle())
  meet(world, { whole: slow(clock, 20) })
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.deepEqual([charged, failed], [[], []])
  assert.ok(bodiesAsked(net, 'behind') < 10 + 100, 'it is not asked for everything')
})

test('the leader dies after its headers: the others bring the bodies, and the next one is followed', async () => {
  const world = await setUp()
  const { clock, source, ledger, sync } = world
  await extend(source, 3000)
  const gone: Behaviour = async (question, honest) => {
    if (question.detail === DETAIL.full) throw new TosError('PEER_UNREACHABLE', 'gone')
    return honest()
  }
  meet(world, { leader: gone, other: undefined })
  await clock.until(sync.idle())
  sameTip(ledger, source)
})

test('a sync that was cut off goes on where the last block was added: no block is asked for twice', async () => {
  const world = await setUp()
  const { clock, net, source, ledger, sync } = world
  await extend(source, 500)
  meet(world, { a: slow(clock, 50) })
  await clock.advance(120)
  await sync.stop()
  const height = ledger.tip().height
  assert.ok(height > 0n && height < 500n, `stopped at ${height}`)
  const before = bodiesAsked(net, 'a')
  const again = createSync({ ledger, client: net, clock })
  again.start()
  again.addPeer('a')
  await clock.until(again.idle())
  sameTip(ledger, source)
  assert.equal(bodiesAsked(net, 'a') - before, 500 - Number(height))
  await again.stop()
  assert.equal(clock.pending, 0)
})
