import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { BLOCK_STATUS } from '../../protocols/index.ts'
import type { BlockAnswer, BlockData } from '../../protocols/index.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { createSync } from '../../src/chain/sync/sync.ts'
import { TosError } from '../../src/errors/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { createBlockNet, never } from '../support/block-net.ts'
import type { Behaviour } from '../support/block-net.ts'
import { createTestLedger, extend, makeBlock, signer } from '../support/chain-fixture.ts'
import { isHeaders, sameTip, setUp } from '../support/sync-world.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

/** Changes the answers to locator or body questions, and is honest otherwise. */
const onHeaders = (change: (answer: BlockAnswer) => BlockAnswer): Behaviour => async (question, honest) => {
  const answer = await honest()
  return question.query.type === 'locator' ? change(answer) : answer
}
const onBodies = (change: (answer: BlockAnswer) => BlockAnswer | Promise<BlockAnswer>): Behaviour => async (question, honest) => {
  const answer = await honest()
  return isHeaders(question.detail) ? answer : change(answer)
}
const swap = <T>(list: T[]): T[] => list.length < 2 ? list : [list[1] as T, list[0] as T, ...list.slice(2)]
const first = (blocks: BlockData[], change: (block: BlockData) => BlockData): BlockData[] => blocks.map((block, index) => index === 0 ? change(block) : block)

test('an empty node takes over a chain with transactions, and reports headers, bodies, idle', async () => {
  const { clock, net, source, ledger, sync, charged, progress } = await setUp()
  for (let nonce = 0n; nonce < 100n; nonce++) await extend(source, 1, { transactions: [signer(1).sign({ nonce })] })
  net.join('a', source)
  sync.addPeer('a')
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.equal(ledger.nextNonce(signer(1).sender), 100n)
  assert.deepEqual(charged, [])
  assert.deepEqual([...new Set(progress.map(({ state }) => state))], ['headers', 'bodies', 'idle'])
  assert.deepEqual(sync.progress(), { state: 'idle', height: 100n, target: 100n })
  assert.equal(progress[0]?.peer, 'a')
})

test('a chain longer than one answer of headers comes in several, each with bodies before the next', async () => {
  const { clock, net, source, ledger, sync } = await setUp()
  await extend(source, 4200)
  net.join('a', source)
  sync.addPeer('a')
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.equal(net.asked.get('a')?.filter(({ query }) => query.type === 'locator').length, 3)
})

test('a peer at the same tip costs one question and makes no news', async () => {
  const { clock, net, source, sync, charged, progress } = await setUp()
  net.join('a', source)
  sync.addPeer('a')
  await clock.until(sync.idle())
  assert.deepEqual(net.asked.get('a')?.map(({ query }) => query.type), ['tips'])
  assert.deepEqual([charged, progress], [[], []])
})

test('a fork: the better branch wins, and branches outside the selected order come too', async () => {
  const { clock, net, source, ledger, sync } = await setUp()
  const shared = await extend(source, 3)
  for (const block of shared) await ledger.add(block)
  await extend(ledger, 4, { miner: 1 })
  await extend(source, 6)
  const side = await extend(source, 5, { parents: [(shared[1] as BlockData).hash], miner: 2 })
  net.join('a', source)
  sync.addPeer('a')
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.ok(side.every(({ hash }) => ledger.has(hash)))
})

test('a merge brings in a branch that lies before the common block in the order of the peer', async () => {
  const { clock, net, source, ledger, sync, charged } = await setUp()
  const main = await extend(source, 3)
  for (const block of main) await ledger.add(block)
  const side = await extend(source, 2, { parents: [source.genesis], miner: 5 })
  await extend(source, 1, { parents: [(main[2] as BlockData).hash, (side[1] as BlockData).hash] })
  net.join('a', source)
  sync.addPeer('a')
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.deepEqual(charged, [])
})

const liars: Array<[what: string, code: string | undefined, behaviour: Behaviour]> = [
  ['a header under another name', 'INVALID_BLOCK', onHeaders(answer => ({ ...answer, blocks: first(answer.blocks, block => ({ ...block, hash: Buffer.alloc(32, 1) })) }))],
  ['header bytes that are none', 'INVALID_BLOCK', onHeaders(answer => ({ ...answer, blocks: first(answer.blocks, block => ({ ...block, header: Buffer.alloc(50) })) }))],
  ['headers in the wrong order', 'INVALID_MESSAGE', onHeaders(answer => ({ ...answer, blocks: swap(answer.blocks) }))],
  ['one header twice', 'INVALID_MESSAGE', onHeaders(answer => ({ ...answer, blocks: [...answer.blocks, ...answer.blocks.slice(-1)] }))],
  ['no headers but has_more', 'INVALID_MESSAGE', onHeaders(answer => ({ ...answer, blocks: [], hasMore: true }))],
  ['a body under another name', 'INVALID_BLOCK', onBodies(answer => ({ ...answer, blocks: first(answer.blocks, block => ({ ...block, hash: Buffer.alloc(32, 1) })) }))],
  ['a body with a strange transaction', 'INVALID_BLOCK', onBodies(answer => ({ ...answer, blocks: first(answer.blocks, block => ({ ...block, transactions: [signer(9).sign({ nonce: 0n })] })) }))],
  ['more bodies than asked for', 'INVALID_MESSAGE', onBodies(answer => ({ ...answer, blocks: [...answer.blocks, ...answer.blocks] }))],
  ['no bodies but has_more, for ever', 'INVALID_MESSAGE', onBodies(answer => ({ ...answer, blocks: [], hasMore: true }))],
  ['no bodies', 'INVALID_MESSAGE', onBodies(answer => ({ ...answer, blocks: [] }))],
  ['bodies not found', undefined, onBodies(({ blocks }) => ({ status: BLOCK_STATUS.notFound, blocks: [], notFound: blocks.map(({ hash }) => hash), hasMore: false }))],
  ['pruned', undefined, onBodies(() => ({ status: BLOCK_STATUS.pruned, blocks: [], notFound: [], hasMore: false }))],
  ['silence at once', 'TIMEOUT', () => never()],
  ['silence when it comes to bodies', 'TIMEOUT', onBodies(() => never())],
  ['a broken stream', undefined, onBodies(() => { throw new TosError('STREAM_CLOSED', 'gone') })],
  ['a throw that is no TosError', undefined, () => Promise.reject(new Error('reset'))]
]

for (const [what, code, behaviour] of liars) {
  test(`a peer that answers with ${what} is put aside${code === undefined ? '' : `, charged ${code}`}, and another is asked`, async () => {
    const { clock, net, source, ledger, sync, charged, errors } = await setUp()
    await extend(source, 150)
    net.join('bad', source, behaviour)
    // a moment later, so that the bad one is followed
    net.join('good', source, async (question, honest) => {
      if (question.query.type === 'tips') await new Promise<void>(resolve => { clock.after(5, resolve) })
      return honest()
    })
    sync.addPeer('bad')
    sync.addPeer('good')
    await clock.until(sync.idle())
    sameTip(ledger, source)
    assert.deepEqual(charged, code === undefined ? [] : [`bad ${code}`])
    assert.deepEqual(errors, [])
    const before = net.asked.get('bad')?.length
    await clock.advance(25_000)
    assert.equal(net.asked.get('bad')?.length, before, 'left alone during its cool-down')
    await sync.stop()
    assert.equal(clock.pending, 0)
  })
}

test('short answers are continued as long as each brings something', async () => {
  const { clock, net, source, ledger, sync, charged } = await setUp()
  await extend(source, 40)
  net.join('a', source, async (question, honest) => {
    const answer = await honest()
    const keep = question.query.type === 'locator' ? 7 : question.query.type === 'byHash' ? 3 : 32
    return { ...answer, blocks: answer.blocks.slice(0, keep), hasMore: answer.blocks.length > keep || answer.hasMore }
  })
  sync.addPeer('a')
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.deepEqual(charged, [])
})

test('has_more for ever over blocks that are held already ends by itself', async () => {
  const { clock, net, source, ledger, sync } = await setUp()
  const blocks = await extend(source, 20)
  for (const block of blocks.slice(0, 10)) await ledger.add(block)
  net.join('a', source, async (question, honest) => {
    if (question.query.type !== 'locator') return honest()
    const answer = await honest()
    return { ...answer, blocks: blocks.slice(0, 10), hasMore: true }
  })
  sync.addPeer('a')
  await clock.until(sync.idle())
  assert.ok((net.asked.get('a')?.length as number) < 60)
  sameTip(ledger, source)
})

test('a tip without a chain below it charges the peer and is forgotten', async () => {
  const { clock, net, source, ledger, sync, charged } = await setUp()
  const [honestTip] = await extend(source, 1)
  const invented = await extend(await createTestLedger(clock), 3, { miner: 7 })
  const tip = invented[2] as BlockData
  net.join('bad', source, async (question, honest) => question.query.type === 'tips' ? { status: 0, blocks: [{ ...tip, transactions: [] }], notFound: [], hasMore: false } : honest())
  sync.addPeer('bad')
  await clock.until(sync.idle())
  assert.deepEqual(charged, ['bad UNKNOWN_PARENT'])
  assert.ok((net.asked.get('bad')?.length as number) < 8, 'found out without asking again and again')
  assert.equal(toHex(ledger.tip().hash), toHex((honestTip as BlockData).hash), 'what is real of its chain was kept')
})

test('a header whose height does not follow its parents is refused before its body is asked for', async () => {
  const { clock, net, source, sync, charged } = await setUp()
  await extend(source, 1)
  const high = makeBlock(source, { header: { height: 9n } })
  net.join('bad', source, async (question, honest) => question.query.type === 'locator' ? { status: 0, blocks: [...(await honest()).blocks, high], notFound: [], hasMore: false } : honest())
  sync.addPeer('bad')
  await clock.until(sync.idle())
  assert.deepEqual(charged, ['bad INVALID_BLOCK'])
  assert.ok(net.asked.get('bad')?.every(({ detail }) => isHeaders(detail)))
})

test('a body that wears the name of the next block over the header of a held one is refused as such', async () => {
  const { clock, net, source, ledger, sync, charged } = await setUp()
  const [held] = await extend(source, 1) as [BlockData]
  await ledger.add(held)
  await extend(source, 1)
  net.join('bad', source, onBodies(answer => ({ ...answer, blocks: first(answer.blocks, block => ({ ...held, hash: block.hash })) })))
  sync.addPeer('bad')
  await clock.until(sync.idle())
  assert.deepEqual(charged, ['bad INVALID_BLOCK'])
})

test('pages that end inside a merged branch go on where they ended', async () => {
  const { clock, net, source, ledger, sync } = await setUp()
  const main = await extend(source, 12)
  const side = await extend(source, 11, { parents: [source.genesis], miner: 5 })
  await extend(source, 3, { parents: [(main[11] as BlockData).hash, (side[10] as BlockData).hash] })
  net.join('a', source, async (question, honest) => {
    const answer = await honest()
    return question.query.type === 'locator' ? { ...answer, blocks: answer.blocks.slice(0, 4), hasMore: answer.blocks.length > 4 } : answer
  })
  sync.addPeer('a')
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.equal(net.asked.get('a')?.filter(({ query }) => query.type === 'locator').length, Math.ceil((12 + 11 + 3) / 4))
})

test('a tip ahead of this clock is left out: what lies below and beside it comes, and its holder is neither put aside nor charged', async () => {
  const { clock, net, source, sync, charged } = await setUp()
  const real = clock.now()
  const [good, below] = await extend(source, 2)
  await clock.advance(3_600_000)
  for (const parents of [[source.genesis], [(below as BlockData).hash]]) await extend(source, 1, { parents, header: { timestamp: BigInt(clock.now()) } })
  await extend(source, 1, { parents: [(good as BlockData).hash], miner: 4 })
  const late = createVirtualClock(real)
  const behind = await createTestLedger(late)
  const other = createSync({ ledger: behind, client: net, clock: late, penalise: (peer, code) => { charged.push(`${peer} ${code}`) } })
  net.join('a', source)
  other.start()
  other.addPeer('a')
  await late.until(other.idle())
  assert.ok([good, below].every(block => behind.has((block as BlockData).hash)))
  assert.deepEqual([charged, other.dump()['failures']], [[], 0])
  await Promise.all([sync.stop(), other.stop()])
})

test('bodies in flight keep to the byte budget once block sizes are known', async () => {
  const { clock, net, source, ledger, sync } = await setUp({ inFlightBytes: 1_000_000, inFlight: 4 })
  for (let nonce = 0n; nonce < 30n; nonce++) await extend(source, 1, { transactions: [signer(3).sign({ nonce, size: 100_000 })] })
  let open = 0
  let most = 0
  net.join('a', source, async (question, honest) => {
    if (isHeaders(question.detail)) return honest()
    const asked = question.query.type === 'byHash' ? question.query.value.length : 0
    open += asked
    most = Math.max(most, open)
    const answer = await honest()
    await new Promise(resolve => { setImmediate(resolve) })
    open -= asked
    return answer
  })
  sync.addPeer('a')
  await clock.until(sync.idle())
  sameTip(ledger, source)
  assert.ok(most >= 2 && most <= 10, `${most} blocks of 100 kB at once`)
})

test('nodes with random DAGs that can all reach each other end with the same blocks and the same tip', async () => {
  const plan = fc.array(fc.record({ node: fc.nat({ max: 2 }), parents: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }) }), { maxLength: 40 })
  await fc.assert(fc.asyncProperty(plan, async steps => {
    const clock = createVirtualClock()
    const net = createBlockNet(clock)
    const ledgers = await Promise.all([0, 1, 2].map(() => createTestLedger(clock)))
    const mined: BlockData[][] = [[], [], []]
    const charged: string[] = []
    for (const [miner, { node, parents }] of steps.entries()) {
      const ledger = ledgers[node] as Ledger
      const own = [ledger.genesis, ...(mined[node] as BlockData[]).map(({ hash }) => hash)]
      const chosen = [...new Map(parents.map(n => own[n % own.length] as Uint8Array).map(hash => [toHex(hash), hash])).values()]
      const block = makeBlock(ledger, { parents: chosen, miner })
      await ledger.add(block)
      mined[node]?.push(block)
    }
    const syncs = ledgers.map(ledger => createSync({ ledger, client: net, clock, penalise: (peer, code) => { charged.push(`${peer} ${code}`) } }))
    for (const [n, ledger] of ledgers.entries()) net.join(`${n}`, ledger)
    for (const [n, sync] of syncs.entries()) {
      sync.start()
      for (const other of [0, 1, 2]) if (other !== n) sync.addPeer(`${other}`)
    }
    await clock.advance(60_000)
    await Promise.all(syncs.map(sync => sync.stop()))
    assert.deepEqual(charged, [])
    for (const ledger of ledgers) {
      sameTip(ledger, ledgers[0] as Ledger)
      assert.ok(mined.flat().every(({ hash }) => ledger.has(hash)))
    }
  }), { numRuns: 30 })
})
