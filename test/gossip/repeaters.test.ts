import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { TX_ANNOUNCE } from '../../protocols/index.ts'
import type { TxAnnounce } from '../../protocols/index.ts'
import { createGossipOptions, mountTopic } from '../../src/gossip/index.ts'
import type { TopicService } from '../../src/gossip/index.ts'
import { silentLogger, TRANSPORT_LIMITS, wireOptions } from '../../src/node/transport/index.ts'
import { createKernel, defineTopic } from '../../src/protocol/index.ts'
import type { TopicContext, Verdict } from '../../src/protocol/index.ts'

interface Node { libp2p: Libp2p, pubsub: GossipSub, topic: TopicService<TxAnnounce> }

const BEAT_MS = 250

async function node (validate: (value: TxAnnounce, context: TopicContext) => Verdict | Promise<Verdict>): Promise<Node> {
  const kernel = createKernel({ network: 'devnet' })
  const topic = defineTopic({ name: 'txAnnounce', id: '/tos/{net}/tx-announce/1', message: TX_ANNOUNCE, expectedPerMinute: 12, queue: { max: 4, drop: 'oldest' }, validate })
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, logger: silentLogger, ...wireOptions(TRANSPORT_LIMITS), connectionMonitor: { enabled: false },
    services: { identify: identify(), pubsub: gossipsub({ ...createGossipOptions({ network: 'devnet', topics: [topic], shareLoopback: true }), heartbeatInterval: BEAT_MS }), topic: mountTopic(kernel, topic) }
  })
  return { libp2p, pubsub: libp2p.services.pubsub, topic: libp2p.services.topic }
}

async function until (pubsub: GossipSub, condition: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(15_000)
  while (!condition()) await once(pubsub, 'gossipsub:heartbeat', { signal })
}

test('while an announcement waits for its verdict, its validator hears which other peers sent the same one', async () => {
  const verdict = Promise.withResolvers<Verdict>()
  const seen: TopicContext[] = []
  const listener = await node((_, context) => { seen.push(context); return verdict.promise })
  const senders = await Promise.all([node(() => 'ignore'), node(() => 'ignore')])
  for (const { libp2p, topic } of senders) {
    await libp2p.dial(listener.libp2p.getMultiaddrs())
    await until(listener.pubsub, () => listener.topic.meshPeers().includes(libp2p.peerId.toString()) && topic.meshPeers().length > 0)
  }
  const value: TxAnnounce = { txHash: new Uint8Array(32), fee: 1n, priority: 0, privacyLevel: 0, energyUsed: 0n }
  for (const { topic } of senders) await topic.publish(value)
  await until(listener.pubsub, () => seen[0]?.alsoFrom?.().length === 1)
  const all = senders.map(({ libp2p }) => libp2p.peerId.toString())
  assert.deepEqual([seen[0]?.peer, ...seen[0]?.alsoFrom?.() ?? []].toSorted(), all.toSorted())
  assert.equal(seen.length, 1, 'one message, one validation')
  verdict.resolve('ignore')
  await Promise.all([listener, ...senders].map(({ libp2p }) => libp2p.stop()))
})
