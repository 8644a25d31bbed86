import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { peerIdFromString } from '@libp2p/peer-id'
import { BLOCK_STATUS, DETAIL, NODE_TYPE, SERVICE } from '../../protocols/index.ts'
import { createReferenceLedger } from '../../src/chain/index.ts'
import { createLightApi } from '../../src/node/api/light-api.ts'
import { createTosNode } from '../../src/node/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/node/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { forgingLedger } from '../support/forging-ledger.ts'
import { until } from '../support/until.ts'
import { blockOn, pay, signer } from '../support/ledger-blocks.ts'

const NETWORK = 'light-net'
const BLOCKS = 100
const dir = mkdtempSync(join(tmpdir(), 'tos-light-'))
const nodes: TosNode[] = []
const start = async (options: TosNodeOptions): Promise<TosNode> => {
  const node = await createTosNode({ network: NETWORK, difficulty: 1, mdns: false, bootstrap: [], listen: ['/ip4/127.0.0.1/tcp/0'], ...options })
  nodes.push(node)
  return node
}
after(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  rmSync(dir, { recursive: true, force: true })
})

test('a light node follows 100 mined blocks, keeps headers only, proves a transaction, names the peer that forges, and resumes', { timeout: 60_000 }, async () => {
  const held = await createReferenceLedger({ network: NETWORK, difficulty: 1n })
  const liar = await start({ ephemeral: true, ledger: forgingLedger(held) })
  const miner = await start({ ephemeral: true })
  const payments = [0, 1, 2].map(nonce => pay(signer(1, NETWORK), nonce))
  await miner.tos.ledger.add(await blockOn([miner.tos.ledger.tip()], { network: NETWORK, difficulty: 1n, header: { difficulty: 1n }, transactions: payments }))
  for (let i = 1; i < BLOCKS; i++) await miner.tos.miner.mineOne()
  for (const hash of miner.tos.ledger.atHeights(1n, BLOCKS)) {
    const block = await miner.tos.ledger.block(hash)
    if (block !== undefined) await held.add(block)
  }

  const dataDir = join(dir, 'light')
  const light = await start({ dataDir, nodeType: 'light', bootstrap: [miner, liar].map(node => node.getMultiaddrs()[0]?.toString() as string) })
  const warnings: string[] = []
  light.tos.events.subscribe(event => { if (event.event === 'warning') warnings.push(`${event.code} ${event.message}`) })
  assert.ok(light.tos.light)
  await until(() => light.tos.ledger.tip().height === BigInt(BLOCKS))
  assert.equal(toHex(light.tos.ledger.tip().hash), toHex(miner.tos.ledger.tip().hash))
  await until(() => light.tos.light?.agreeing().length === 2)

  const { ledger } = miner.tos
  const id = ledger.readTransaction(payments[1] as Uint8Array).id
  const proof = await createLightApi(light as TosNode).txProof({ id: toHex(id) })
  assert.deepEqual([proof.block.height, proof.block.index, proof.confirmations, proof.merged], [1, 1, BLOCKS, false])
  assert.deepEqual([proof.agreed, proof.liars], [[miner.peerId.toString()], [liar.peerId.toString()]])
  assert.ok(warnings.some(text => text.startsWith('PROOF_FORGED') && text.includes(liar.peerId.toString())), warnings.join())
  assert.ok(light.tos.guard.score(liar.peerId.toString()) < 500, 'the liar is charged')
  assert.ok(light.tos.guard.score(miner.peerId.toString()) >= 500)
  const own = await createLightApi(miner as TosNode).txProof({ id: toHex(id) })
  assert.deepEqual([own.block, own.confirmations], [proof.block, proof.confirmations], 'a full node shows its own')

  // what it says of itself, what it keeps and what it serves
  await until(() => miner.services.session.of(light.peerId) !== undefined)
  const hello = miner.services.session.of(light.peerId)?.hello
  assert.equal(hello?.nodeType, NODE_TYPE.light)
  assert.equal((hello?.services ?? 0n) & (SERVICE.blocks | SERVICE.tx | SERVICE.lightServer), 0n)
  assert.equal(existsSync(join(dataDir, 'chain')), false, readdirSync(dataDir).join())
  assert.ok(statSync(join(dataDir, 'headers.bin')).size / BLOCKS < 145)
  for (const detail of Object.values(DETAIL)) {
    const answer = await miner.services.blocks.request(light.peerId, { query: { type: 'byHash', value: [ledger.tip().hash] }, detail, maxItems: 1 })
    assert.deepEqual([answer.status, answer.blocks], [BLOCK_STATUS.pruned, []])
  }

  // a new block arrives by its announcement, and a restart goes on from the file
  const next = light.tos.ledger.tip().height + 1n
  await until(() => miner.services.blockAnnounce.subscribers().some(peer => peer === light.peerId.toString()))
  await miner.tos.miner.mineOne()
  await until(() => light.tos.ledger.tip().height >= next)
  await light.stop()
  const again = await start({ dataDir, nodeType: 'light' })
  assert.equal(again.tos.ledger.tip().height, next)
  assert.ok(peerIdFromString(again.peerId.toString()).equals(light.peerId))
  await held.close()
})

test('a light node cannot mine, and without two servers it proves nothing', async () => {
  await assert.rejects(start({ ephemeral: true, nodeType: 'light', mine: true }), { code: 'CONFIG_INVALID' })
  const alone = await start({ ephemeral: true, preset: 'light' })
  assert.equal(alone.tos.config.nodeType, 'light')
  await assert.rejects(createLightApi(alone as TosNode).txProof({ id: '00'.repeat(32) }), { code: 'UNAVAILABLE' })
  await assert.rejects(alone.tos.miner.mineOne(), { code: 'UNAVAILABLE' })
})
