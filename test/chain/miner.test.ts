import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BlockData } from '../../protocols/index.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { createMempool } from '../../src/chain/mempool/mempool.ts'
import type { Mempool } from '../../src/chain/mempool/mempool.ts'
import { merkleRoot } from '../../src/chain/block/merkle.ts'
import { mineHeader } from '../../src/chain/block/mine-header.ts'
import { createMiner } from '../../src/chain/block/miner.ts'
import type { MineHeader, Miner } from '../../src/chain/block/miner.ts'
import { createReferenceLedger } from '../../src/chain/dag/reference-ledger.ts'
import { toHex } from '../../src/wire/index.ts'
import { NETWORK, createTestLedger, extend, signer } from '../support/chain-fixture.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

interface World { clock: VirtualClock, ledger: Ledger, mempool: Mempool, miner: Miner, mined: BlockData[], errors: unknown[] }

async function setUp (mine?: (clock: VirtualClock) => MineHeader, open = createTestLedger): Promise<World> {
  const clock = createVirtualClock()
  const ledger = await open(clock)
  const mempool = createMempool({ ledger, clock })
  const mined: BlockData[] = []
  const errors: unknown[] = []
  const miner = createMiner({
    ledger, mempool, clock, miner: Buffer.alloc(32, 1), intervalMs: 1000, txRoot: merkleRoot, mine: mine?.(clock) ?? ((header, options) => clock.track(mineHeader(header, options))),
    onBlock: block => { mined.push(block) }, onError: error => { errors.push(error) }
  })
  return { clock, ledger, mempool, miner, mined, errors }
}

/** A search that ends when the test says so, or when it is aborted; counts how many run at once. */
function manual (): { mine: MineHeader, runs: Array<{ height: bigint, finish: () => void }>, most: () => number } {
  const runs: Array<{ height: bigint, finish: () => void }> = []
  let open = 0
  let most = 0
  const mine: MineHeader = async (header, { signal }) => {
    most = Math.max(most, ++open)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    runs.push({ height: header.height, finish: resolve })
    signal.addEventListener('abort', () => { reject(new Error('aborted')) }, { once: true })
    try {
      await promise
      return await mineHeader(header)
    } finally {
      open--
    }
  }
  return { mine, runs, most: () => most }
}

test('a block each interval, with real proof of work and the transactions of the pool', async () => {
  const { clock, ledger, mempool, miner, mined, errors } = await setUp(undefined, async clock => {
    const ledger = await createReferenceLedger({ network: NETWORK, difficulty: 200n, clock })
    const add = ledger.add.bind(ledger)
    ledger.add = block => clock.track(add(block))
    return ledger
  })
  const person = signer(1)
  const transactions = [0n, 1n, 2n].map(nonce => person.sign({ nonce }))
  for (const data of transactions) mempool.add(data)
  miner.start()
  await clock.advance(3500)
  await miner.stop()
  assert.deepEqual([ledger.tip().height, mined.length, errors], [3n, 3, []])
  assert.deepEqual(mined[0]?.transactions.map(toHex), transactions.map(toHex))
  assert.equal(mempool.size, 0)
  assert.equal(ledger.nextNonce(person.sender), 3n)
  assert.equal(clock.pending, 0)
})

test('a tip from elsewhere ends the search, and the next one builds on it', async () => {
  const { mine, runs } = manual()
  const { ledger, miner } = await setUp(() => mine)
  const block = miner.mineOne()
  await nextTurn()
  await extend(ledger, 1)
  while (runs.length < 2) await nextTurn()
  assert.deepEqual(runs.map(({ height }) => height), [1n, 2n])
  runs[1]?.finish()
  assert.equal((await block).height, 2n)
  assert.equal(toHex(ledger.tip().hash), toHex((await block).hash))
})

test('two are never mined at once, however they are asked for', async () => {
  const { mine, runs, most } = manual()
  const { clock, ledger, miner } = await setUp(() => mine)
  miner.start()
  const wanted = [miner.mineOne(), miner.mineOne()]
  await clock.advance(5000)
  for (let done = 0; done < 3; done++) {
    while (runs.length <= done) await clock.advance(1000)
    runs[done]?.finish()
    await clock.advance(1)
  }
  assert.deepEqual((await Promise.all(wanted)).map(({ height }) => height), [1n, 2n])
  assert.equal(ledger.tip().height, 3n)
  assert.equal(most(), 1)
  await miner.stop()
})

test('stop ends the search under way and leaves no timer; mining can start again', async () => {
  const { mine, runs } = manual()
  const { clock, ledger, miner, errors } = await setUp(() => mine)
  miner.start()
  await clock.advance(1000)
  assert.equal(runs.length, 1)
  await miner.stop()
  assert.deepEqual([miner.running, clock.pending, errors], [false, 0, []])
  await clock.advance(10_000)
  assert.equal(ledger.tip().height, 0n)
  const block = miner.mineOne()
  await nextTurn()
  runs[1]?.finish()
  assert.equal((await block).height, 1n)
})

test('the caller of mineOne may give up; the next one is not harmed', async () => {
  const { mine, runs } = manual()
  const { miner } = await setUp(() => mine)
  const controller = new AbortController()
  const first = miner.mineOne(controller.signal)
  await nextTurn()
  controller.abort()
  await assert.rejects(first)
  const second = miner.mineOne()
  while (runs.length < 2) await nextTurn()
  runs[1]?.finish()
  assert.equal((await second).height, 1n)
})

test('no block leaves a listener behind', async () => {
  let listeners = 0
  const { miner } = await setUp(undefined, async clock => {
    const ledger = await createTestLedger(clock)
    const [add, remove] = [ledger.addEventListener.bind(ledger), ledger.removeEventListener.bind(ledger)]
    ledger.addEventListener = (...args: Parameters<typeof add>) => { listeners++; add(...args) }
    ledger.removeEventListener = (...args: Parameters<typeof remove>) => { listeners--; remove(...args) }
    return ledger
  })
  const before = listeners
  await miner.mineOne()
  await miner.mineOne()
  assert.equal(listeners, before)
})

test('a failed attempt is reported, and the next interval tries again', async () => {
  let failures = 1
  const { clock, ledger, miner, errors } = await setUp(() => (header, options) => failures-- > 0 ? Promise.reject(new Error('no luck')) : mineHeader(header, options))
  miner.start()
  await clock.advance(1000)
  assert.deepEqual([errors.length, ledger.tip().height], [1, 0n])
  await clock.advance(1000)
  assert.equal(ledger.tip().height, 1n)
  await miner.stop()
})

test('a search leaves the event loop its turns', async () => {
  const { clock, miner } = await setUp(undefined, clock => createReferenceLedger({ network: NETWORK, difficulty: 60_000n, clock }))
  let turns = 0
  let over = false
  const count = (): void => {
    turns++
    if (!over) setImmediate(count)
  }
  setImmediate(count)
  await miner.mineOne()
  over = true
  assert.ok(turns >= 3, `${turns} turns`)
  assert.equal(clock.pending, 0)
})
