import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { after, test } from 'node:test'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { filterLinks } from '../../src/gossip/index.ts'
import { until } from '../support/until.ts'

type Node = Libp2p<{ pubsub: GossipSub }>
/** What the test looks at, or abuses, inside the library. */
interface Inside {
  readonly mesh: ReadonlyMap<string, Set<string>>
  sendSubscriptions (to: string, topics: string[], on: boolean): void
  sendGraft (to: string, topics: string[]): void
  sendRpc (to: string, rpc: { subscriptions: [], messages: ReadonlyArray<{ topic: string, data: Uint8Array }> }): boolean
}
const nodes: Node[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

async function start (): Promise<{ node: Node, pubsub: GossipSub, inside: Inside, heard: string[] }> {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub({ globalSignaturePolicy: 'StrictNoSign', allowPublishToZeroTopicPeers: true, heartbeatInterval: 100, msgIdFn: ({ data }) => data }) }
  })
  nodes.push(node as Node)
  const { pubsub } = node.services
  const heard: string[] = []
  pubsub.addEventListener('message', ({ detail: { topic, data } }) => { heard.push(`${topic} ${Buffer.from(data).toString()}`) })
  for (const topic of ['blocks', 'tx']) pubsub.subscribe(topic)
  return { node: node as Node, pubsub, inside: pubsub as unknown as Inside, heard }
}
const text = (value: string): Uint8Array => Buffer.from(value)
const lists = ({ pubsub }: { pubsub: GossipSub }, topic: string, other: Node): boolean => pubsub.getSubscribers(topic).some(peer => peer.equals(other.peerId))

test('a topic closed to a peer crosses its link in neither direction, before or after it was closed; others do', { timeout: 20_000 }, async () => {
  const [us, before, later] = [await start(), await start(), await start()]
  const closed = new Set([before.node.peerId.toString()])
  const { apply } = filterLinks(us.pubsub, (peer, topic) => topic === 'blocks' || !closed.has(peer))
  for (const { node } of [before, later]) await us.node.dial(node.getMultiaddrs())
  const own = us.node.peerId.toString()
  await until(() => [before, later].every(peer => lists(peer, 'blocks', us.node) && lists(us, 'blocks', peer.node)))
  await until(() => lists(later, 'tx', us.node) && later.inside.mesh.get('tx')?.has(own) === true)
  assert.ok(!lists(us, 'tx', before.node) && !lists(before, 'tx', us.node), 'closed before they met')

  closed.add(later.node.peerId.toString())
  await apply(later.node.peerId)
  await until(() => !lists(later, 'tx', us.node) && later.inside.mesh.get('tx')?.has(own) === false)
  assert.ok(!lists(us, 'tx', later.node) && us.inside.mesh.get('tx')?.size === 0)

  // one that does not keep to it: subscribes, grafts and sends all the same
  later.inside.sendSubscriptions(own, ['tx'], true)
  later.inside.sendGraft(own, ['tx'])
  later.inside.sendRpc(own, { subscriptions: [], messages: [{ topic: 'tx', data: text('forced') }] })
  await us.pubsub.publish('tx', text('ours'))
  await later.pubsub.publish('tx', text('theirs'))
  await later.pubsub.publish('blocks', text('one'))
  await us.pubsub.publish('blocks', text('two'))
  await until(() => us.heard.includes('blocks one') && later.heard.includes('blocks two') && before.heard.includes('blocks two'))
  await turn()
  assert.deepEqual([us, before, later].flatMap(({ heard }) => heard.filter(line => line.startsWith('tx') && line !== 'tx ours' && line !== 'tx theirs')), [])
  assert.ok(!us.heard.includes('tx theirs') && !later.heard.includes('tx ours') && !before.heard.includes('tx ours'))
  assert.equal(us.inside.mesh.get('tx')?.size, 0)
  assert.ok(!lists(us, 'tx', later.node))

  // dropped unseen: from somebody else the same message is news
  closed.delete(before.node.peerId.toString())
  before.inside.sendRpc(own, { subscriptions: [], messages: [{ topic: 'tx', data: text('forced') }] })
  await until(() => us.heard.includes('tx forced'))
})
