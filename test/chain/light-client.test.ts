import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlockAnswer, TxAnswer } from '../../protocols/index.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { createHeaderChain } from '../../src/chain/light/header-chain.ts'
import type { HeaderChain } from '../../src/chain/light/header-chain.ts'
import { createLightClient } from '../../src/chain/light/light-client.ts'
import type { LightClient } from '../../src/chain/light/light-client.ts'
import { toHex } from '../../src/wire/index.ts'
import { createBlockNet, never } from '../support/block-net.ts'
import type { Behaviour, BlockNet } from '../support/block-net.ts'
import { NETWORK, createTestLedger, extend, idOf, makeBlock, signer } from '../support/chain-fixture.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

type Answers = (ids: readonly Uint8Array[]) => Promise<TxAnswer>

interface World {
  readonly clock: VirtualClock
  readonly net: BlockNet
  readonly source: Ledger
  readonly chain: HeaderChain
  readonly light: LightClient
  /** `peer CODE`, as charged and as reported. */
  readonly charged: string[]
  readonly lies: string[]
  join (peer: string, ledger: Ledger, behaviour?: Behaviour, proofs?: (honest: Answers) => Answers): void
}

async function setUp (): Promise<World> {
  const clock = createVirtualClock()
  const net = createBlockNet(clock)
  const source = await createTestLedger(clock)
  const chain = createHeaderChain({ network: NETWORK, difficulty: 1n, now: () => clock.now() })
  const charged: string[] = []
  const lies: string[] = []
  const answers = new Map<string, Answers>()
  const light = createLightClient({
    chain, clock, blocks: net, serves: peer => !peer.startsWith('plain'),
    transactions: {
      request: async (peer, { txHashes, includeProof }) => {
        assert.ok(includeProof)
        return (answers.get(peer) as Answers)(txHashes)
      }
    },
    penalise: (peer, code) => { charged.push(`${peer} ${code}`) },
    onLie: (peer, { code }) => { lies.push(`${peer} ${code}`) }
  })
  light.start()
  return {
    clock, net, source, chain, light, charged, lies,
    join (peer, ledger, behaviour, proofs = honest => honest) {
      net.join(peer, ledger, behaviour)
      answers.set(peer, proofs(async ids => {
        const found = await Promise.all(ids.map(async id => ({ id, found: await ledger.transaction(id) })))
        return { transactions: found.flatMap(({ id, found: tx }) => tx === undefined ? [] : [{ txHash: id, data: tx.data, proof: tx.proof }]), notFound: [] }
      }))
      light.addPeer(peer)
    }
  }
}

const follows = ({ chain }: World, ledger: Ledger): void => { assert.equal(toHex(chain.tip().hash), toHex(ledger.tip().hash)) }
const noBodies = ({ net }: World): void => {
  for (const question of [...net.asked.values()].flat()) assert.equal(question.detail, 1, 'a light client asks for headers only')
}
/** Answers from another ledger. */
const frozen = (blocks: (question: Parameters<Behaviour>[0]) => Promise<BlockAnswer>): Behaviour => async question => blocks(question)
const proofChanged = (change: (proof: NonNullable<TxAnswer['transactions'][number]['proof']>) => object) => (honest: Answers): Answers => async ids => {
  const answer = await honest(ids)
  return { ...answer, transactions: answer.transactions.map(({ txHash, data, proof }) => ({ txHash, data, proof: proof === null ? null : Object.assign({}, proof, change(proof)) })) }
}

test('a light client follows a chain with merges by its headers alone, and asks no peer that does not serve it', async () => {
  const world = await setUp()
  const { clock, source, light, net } = world
  await extend(source, 3000)
  const fork = source.atHeights(2990n, 1)
  await extend(source, 5, { parents: fork, miner: 1 })
  await source.add(makeBlock(source, { parents: source.tips().map(({ hash }) => hash) }))
  world.join('a', source)
  world.join('b', source)
  world.join('plain', source)
  await clock.until(light.idle())
  follows(world, source)
  assert.equal(world.chain.size, 3007)
  assert.notEqual(world.chain.takenAt(source.atHeights(2991n, 1)[0] as Uint8Array), undefined)
  await clock.advance(10_000)
  assert.deepEqual(light.agreeing().sort(), ['a', 'b'])
  assert.equal(net.asked.has('plain'), false)
  noBodies(world)
  assert.deepEqual(world.charged, [])
  // new blocks: by an announcement at once, else at the next interval
  await extend(source, 1)
  light.want('a', source.tip().height)
  await clock.advance(300)
  follows(world, source)
  await extend(source, 1)
  await clock.advance(10_000)
  follows(world, source)
  await light.stop()
  assert.equal(clock.pending, 0)
})

test('a proof is asked of two peers and holds with either; a forged one is refused, charged and reported, whatever is forged', async () => {
  const forgeries = {
    sibling: proofChanged(({ siblings }) => ({ siblings: siblings.map(hash => hash.toReversed()) })),
    index: proofChanged(({ index }) => ({ index: index ^ 1 })),
    height: proofChanged(({ blockHeight }) => ({ blockHeight: blockHeight + 1n })),
    block: proofChanged(() => ({ blockHash: world.source.atHeights(1n, 1)[0] as Uint8Array, blockHeight: 1n })),
    bytes: (honest: Answers): Answers => async ids => {
      const answer = await honest(ids)
      return { ...answer, transactions: answer.transactions.map(({ txHash, proof }) => ({ txHash, proof, data: signer(9).sign({ nonce: 0n }) })) }
    }
  }
  let world = await setUp()
  for (const [what, forge] of Object.entries(forgeries)) {
    world = await setUp()
    const { clock, source, light, charged, lies } = world
    const payments = [0n, 1n, 2n].map(nonce => signer(1).sign({ nonce }))
    await extend(source, 2)
    await extend(source, 1, { transactions: payments })
    await extend(source, 3)
    world.join('honest', source)
    world.join('liar', source, undefined, forge)
    await clock.until(light.idle())
    const id = idOf(payments[1] as Uint8Array)
    const proof = await clock.until(light.prove(id))
    assert.deepEqual([proof.blockHeight, proof.index, proof.confirmations, proof.merged], [3n, 1, 4n, false], what)
    assert.deepEqual([proof.agreed, proof.liars], [['honest'], ['liar']], what)
    assert.deepEqual(Buffer.compare(proof.data, payments[1] as Uint8Array), 0)
    assert.deepEqual([charged, lies], [['liar PROOF_FORGED'], ['liar PROOF_FORGED']], what)
    // put aside: one peer alone is not asked
    await assert.rejects(clock.until(light.prove(id)), { code: 'UNAVAILABLE' }, what)
    await light.stop()
  }
})

test('with nobody but liars there is no proof; a transaction in no block is not found', async () => {
  const world = await setUp()
  const { clock, source, light } = world
  const payment = signer(1).sign({ nonce: 0n })
  await extend(source, 1, { transactions: [payment] })
  await extend(source, 1)
  world.join('a', source)
  world.join('b', source)
  await clock.until(light.idle())
  await assert.rejects(clock.until(light.prove(Buffer.alloc(32, 7))), { code: 'TX_NOT_FOUND' })
  await light.stop()
  const bad = await setUp()
  const forge = proofChanged(() => ({ siblings: [Buffer.alloc(32)] }))
  bad.join('a', source, undefined, forge)
  bad.join('b', source, undefined, forge)
  await bad.clock.until(bad.light.idle())
  await assert.rejects(bad.clock.until(bad.light.prove(idOf(payment))), { code: 'PROOF_FORGED' })
  assert.deepEqual(bad.charged.toSorted(), ['a PROOF_FORGED', 'b PROOF_FORGED'])
  await bad.light.stop()
})

test('a proof from a block outside the best chain does not count', async () => {
  const world = await setUp()
  const { clock, source, light } = world
  const rival = await createTestLedger(clock)
  const payment = signer(1).sign({ nonce: 0n })
  await extend(source, 10)
  await extend(rival, 3, { miner: 1, transactions: [] })
  await rival.add(makeBlock(rival, { miner: 1, transactions: [payment] }))
  world.join('honest', source)
  world.join('rival', rival)
  await clock.until(light.idle())
  follows(world, source)
  await assert.rejects(clock.until(light.prove(idOf(payment))), { code: 'TX_NOT_FOUND' })
  await light.stop()
})

test('who withholds the tip, or stays on a branch with less work, is caught after the time of grace; who catches up is not', async () => {
  const world = await setUp()
  const { clock, source, light, charged, lies } = world
  const weak = await createTestLedger(clock)
  const slow = await createTestLedger(clock)
  const old = await createTestLedger(clock)
  const blocks = await extend(source, 20)
  for (const block of blocks.slice(0, 15)) await old.add(block)
  for (const block of blocks.slice(0, 10)) await slow.add(block)
  await extend(weak, 12, { miner: 5 })
  world.join('honest', source)
  world.join('withholds', old)
  world.join('weak', weak)
  world.join('slow', slow)
  await clock.until(light.idle())
  follows(world, source)
  assert.deepEqual(lies, [], 'there is time to catch up')
  await clock.advance(15_000)
  for (const block of blocks.slice(10)) await slow.add(block)
  await clock.advance(30_000)
  assert.deepEqual(lies.toSorted(), ['weak CHAIN_WEAKER', 'withholds TIP_WITHHELD'])
  assert.deepEqual(charged.toSorted(), lies.toSorted())
  assert.deepEqual(light.agreeing().toSorted(), ['honest', 'slow'])
  await light.stop()
})

test('a peer always one block late, because blocks come while it is asked, is no liar', async () => {
  const world = await setUp()
  const { clock, source, light, lies } = world
  const late = await createTestLedger(clock)
  world.join('honest', source)
  world.join('late', late)
  for (let i = 0; i < 12; i++) {
    const [block] = await extend(source, 1)
    light.want('honest', 1n)
    await clock.advance(10_000)
    if (block !== undefined) await late.add(block)
  }
  assert.deepEqual(lies, [])
  await light.stop()
})

test('a tip without what it builds on, headers under a wrong name and an endless order are charged; silence only costs a rest', async () => {
  const world = await setUp()
  const { clock, source, light, charged } = world
  const made = await createTestLedger(clock)
  await extend(source, 5)
  await extend(made, 50, { miner: 3 })
  const empty: BlockAnswer = { status: 1, blocks: [], notFound: [], hasMore: false }
  world.join('bluff', made, async (question, honest) => question.query.type === 'tips' ? honest() : empty)
  world.join('names', source, async (question, honest) => {
    const answer = await honest()
    return { ...answer, blocks: answer.blocks.map(block => Object.assign({}, block, { hash: Buffer.alloc(32, 1) })) }
  })
  world.join('endless', source, frozen(async () => ({ ...empty, status: 0, hasMore: true })))
  world.join('silent', source, never)
  world.join('honest', source)
  await clock.advance(60_000)
  follows(world, source)
  assert.deepEqual(charged.toSorted(), ['bluff TIP_WITHHELD', 'endless INVALID_MESSAGE', 'names INVALID_BLOCK'])
  await light.stop()
  assert.equal(clock.pending, 0)
})

test('stop ends a question under way', async () => {
  const world = await setUp()
  world.join('silent', world.source, never)
  await world.clock.advance(1)
  await world.light.stop()
  assert.equal(world.clock.pending, 0)
})
