import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { createTosNode, defineTopic } from '../../src/index.ts'
import type { TosNode } from '../../src/index.ts'
import { PING } from '../../protocols/index.ts'
import { until } from '../support/until.ts'

const nodes: TosNode[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

/** A node, and the beats it heard. */
async function start () {
  const heard: string[] = []
  const beat = defineTopic({
    name: 'beat', id: '/acme/beat/1', message: { ...PING, name: 'BEAT', code: 0x8003 }, expectedPerMinute: 60, queue: { max: 8, drop: 'oldest' },
    validate: ({ userAgent }) => { heard.push(userAgent); return 'accept' }
  })
  const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true, protocols: { beat } })
  nodes.push(node)
  return { node, heard }
}
const open = (node: TosNode): Connection[] => node.getConnections().filter(({ status }) => status === 'open')

for (const round of [1, 2, 3]) {
  test(`of two dials that cross one connection stays, and gossip flows both ways on it (${round})`, { timeout: 20_000 }, async () => {
    const [a, b] = [await start(), await start()]
    const dials = await Promise.all([a.node.dial(b.node.getMultiaddrs(), { force: true }), b.node.dial(a.node.getMultiaddrs(), { force: true })])
    assert.deepEqual(dials.map(({ direction }) => direction), ['outbound', 'outbound'], 'both dialled')
    await until(() => open(a.node).length === 1 && open(b.node).length === 1)
    const smaller = Buffer.compare(a.node.tos.nodeId, b.node.tos.nodeId) < 0 ? a : b
    assert.equal(open(smaller.node)[0]?.direction, 'outbound', 'the smaller node id dialled the one that stays')

    for (const [from, to] of [[a, b], [b, a]] as const) {
      await until(() => from.node.services.beat.meshPeers().includes(to.node.peerId.toString()))
      await from.node.services.beat.publish({ nonce: BigInt(round), userAgent: from.node.peerId.toString(), services: 0n, timestamp: 0n })
      await until(() => to.heard.includes(from.node.peerId.toString()))
    }
    assert.equal(a.node.getPeers().length + b.node.getPeers().length, 2, 'nobody was lost over it')
  })
}
