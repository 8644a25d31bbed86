import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { BlockData } from '../../protocols/index.ts'
import { merkleRoot } from '../../src/chain/block/merkle.ts'
import { createTemplateDesk } from '../../src/chain/block/template-desk.ts'
import type { TemplateDesk, WorkTemplate } from '../../src/chain/block/template-desk.ts'
import { createReferenceLedger } from '../../src/chain/dag/reference-ledger.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { createMempool } from '../../src/chain/mempool/mempool.ts'
import type { Mempool } from '../../src/chain/mempool/mempool.ts'
import type { TosError } from '../../src/errors/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { NETWORK, signer } from '../support/chain-fixture.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const MINER = Buffer.alloc(32, 1)

/** A miner of another make: it knows SHA3-256, the template, and nothing of ours. */
function search ({ header, nonceOffset, target }: WorkTemplate, good = true): bigint {
  const bytes = Buffer.from(header)
  for (let nonce = 1n; ; nonce++) {
    bytes.writeBigUInt64LE(nonce, nonceOffset)
    const hash = createHash('sha3-256').update(bytes).digest()
    if (Buffer.compare(hash, target) <= 0 === good) return nonce
  }
}

async function setUp (): Promise<{ ledger: Ledger, mempool: Mempool, desk: TemplateDesk, blocks: BlockData[] }> {
  const clock = createVirtualClock()
  const ledger = await createReferenceLedger({ network: NETWORK, difficulty: 50n, clock })
  const mempool = createMempool({ ledger, clock })
  const blocks: BlockData[] = []
  const desk = createTemplateDesk({ ledger, mempool, clock, miner: MINER, txRoot: merkleRoot, onBlock: block => { blocks.push(block) } })
  return { ledger, mempool, desk, blocks }
}

const fails = (code: string, rule?: string) => (error: TosError): boolean => error.code === code && error.details?.['rule'] === rule

test('a nonce found outside makes a block with the transactions of the pool, announced once', async () => {
  const { ledger, mempool, desk, blocks } = await setUp()
  mempool.add(signer(1).sign({ nonce: 0n, fee: 10n, priority: 0, privacyLevel: 0, energyUsed: 0n }))
  const template = desk.issue()
  assert.deepEqual([template.height, template.transactions, template.difficulty], [1n, 1, 50n])
  const nonce = search(template)
  const { block, status } = await desk.submit(template.id, nonce)
  assert.equal(status, 'accepted')
  assert.equal(toHex(ledger.tip().hash), toHex(block.hash))
  assert.deepEqual([ledger.header(block.hash)?.nonce, toHex(ledger.header(block.hash)?.miner as Uint8Array), block.transactions.length], [nonce, toHex(MINER), 1])
  assert.equal((await desk.submit(template.id.toUpperCase(), nonce)).status, 'known', 'an answer lost on its way may be asked for again')
  assert.equal(blocks.length, 1)
})

test('a request names its own miner, and says that AI mined the block', async () => {
  const { ledger, desk } = await setUp()
  const template = desk.issue({ miner: Buffer.alloc(32, 9), aiMined: true })
  const { block } = await desk.submit(template.id, search(template))
  assert.deepEqual([toHex(ledger.header(block.hash)?.miner as Uint8Array), ledger.header(block.hash)?.aiMined], ['09'.repeat(32), true])
})

test('a nonce that does not do is INVALID_BLOCK and leaves the template as it was', async () => {
  const { ledger, desk, blocks } = await setUp()
  const template = desk.issue()
  await assert.rejects(desk.submit(template.id, search(template, false)), fails('INVALID_BLOCK', 'proof-of-work'))
  assert.deepEqual([ledger.tip().height, blocks.length, desk.dump()['wrong']], [0n, 0, 1])
  assert.equal((await desk.submit(template.id, search(template))).status, 'accepted')
})

test('a template is stale when the tip has moved, when it was pushed out, and when it never was one', async () => {
  const { desk, blocks } = await setUp()
  const [first, second] = [desk.issue(), desk.issue({ miner: Buffer.alloc(32, 2) })]
  await desk.submit(first.id, search(first))
  await assert.rejects(desk.submit(second.id, search(second)), fails('STALE_TEMPLATE'))
  const pushed = desk.issue()
  for (let i = 0; i < 16; i++) desk.issue({ miner: Buffer.alloc(32, i + 10) })
  await assert.rejects(desk.submit(pushed.id, search(pushed)), fails('STALE_TEMPLATE'))
  await assert.rejects(desk.submit('ab'.repeat(32), 1n), fails('STALE_TEMPLATE'))
  assert.deepEqual(desk.dump(), { templates: 16, accepted: 1, stale: 3, wrong: 0 })
  assert.equal(blocks.length, 1)
})
