import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { askForPeers } from '../../protocols/index.ts'
import { until } from '../support/until.ts'

const nodes: TosNode[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true, peers: { min: 0, target: 0 }, ...options })
  nodes.push(node)
  return node
}

test('the fourth peer we dial exchanges blocks with us, but neither transactions nor peers', { timeout: 30_000 }, async () => {
  const peers = [await start(), await start(), await start(), await start()]
  const node = await start({ peers: { min: 0, target: 4, max: 8 }, bootstrap: peers.map(peer => peer.getMultiaddrs()[0]?.toString() ?? '') })
  const id = node.peerId.toString()
  const { blockAnnounce, txAnnounce, miningShare } = node.services
  await until(() => blockAnnounce.subscribers().length === 4)
  const quiet = peers.filter(({ peerId }) => !txAnnounce.subscribers().includes(peerId.toString()))
  assert.equal(quiet.length, 1)
  const [other] = quiet as [TosNode]
  const others = peers.filter(peer => peer !== other)
  await until(() => others.every(({ services }) => services.txAnnounce.subscribers().includes(id)) && other.services.blockAnnounce.subscribers().includes(id))
  await until(() => !other.services.txAnnounce.subscribers().includes(id) && !other.services.txAnnounce.meshPeers().includes(id))
  assert.ok(!txAnnounce.meshPeers().includes(other.peerId.toString()) && !miningShare.subscribers().includes(other.peerId.toString()))

  assert.deepEqual((await other.services.peerExchange.request(node.peerId, askForPeers(16))).peers, [])
  const wanted = randomBytes(32)
  assert.deepEqual((await other.services.transactions.request(node.peerId, { txHashes: [wanted], includeProof: false })).notFound.map(hash => Buffer.from(hash)), [wanted])

  const mined = await node.tos.miner.mineOne()
  assert.ok(mined !== undefined)
  await until(() => other.tos.ledger.has(mined.hash))
  assert.equal(node.dump()['discovery']?.['blocksOnly'], 1)
  await other.stop()
  nodes.splice(nodes.indexOf(other), 1)
  await until(() => node.dump()['discovery']?.['blocksOnly'] === 0)
})
