import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { askForPeers, SERVICE } from '../../protocols/index.ts'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { withCallers } from '../../src/node/callers.ts'
import { nodeIdToPeerId } from '../../src/protocol/index.ts'
import { until } from '../support/until.ts'

const nodes: TosNode[] = []
afterEach(async () => { await Promise.all(nodes.splice(0).map(node => node.stop())) })

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], peers: { min: 1, target: 1, max: 9 }, ...options })
  nodes.push(node)
  return node
}
const addressesOf = (node: TosNode): string[] => node.getMultiaddrs().map(String)
const told = async (asker: TosNode, { peerId }: TosNode): Promise<string[]> =>
  (await asker.services.peerExchange.request(peerId, askForPeers(16))).peers.map(({ nodeId, ip, port }) => `/ip4/${ip}/tcp/${port}/p2p/${nodeIdToPeerId(nodeId).toString()}`)

test('a node that has dialled nobody tells of those who dialled it, at the address they came from', { timeout: 30_000 }, async () => {
  const seed = await start()
  const [first, second, asker] = await Promise.all([start(), start({ preset: 'light' }), start()])
  const lying = await start({ announce: ['/ip4/127.9.9.9/tcp/4000'] })
  for (const node of [first, second, lying]) await node.dial(seed.getMultiaddrs())
  await until(() => seed.dump()['discovery']?.['callers'] === 2)
  await asker.dial(seed.getMultiaddrs())
  assert.deepEqual(await told(asker, seed), addressesOf(first), 'not the one who is not SHAREABLE, nor an address nobody called from')
  await first.stop()
  await until(() => !seed.getPeers().some(peer => peer.equals(first.peerId)))
  // the light node and the asker are left
  await until(() => seed.dump()['discovery']?.['callers'] === 2)
})

test('the book comes first; callers fill up to eight, nobody twice', () => {
  const peer = (n: number) => ({ peer: `p${n}`, addresses: [], nodeType: 0, services: SERVICE.shareable, lastSeen: 0 })
  const list = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => peer(from + i))
  const random = () => 0.5
  assert.deepEqual(withCallers(list(0, 9), list(20, 40), random), list(0, 9))
  const mixed = withCallers(list(0, 3), list(1, 40), random)
  assert.deepEqual([mixed.slice(0, 3), mixed.length, new Set(mixed.map(known => known.peer)).size], [list(0, 3), 8, 8])
  assert.deepEqual(withCallers([], list(0, 2), random), list(0, 2))
})
