import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, describe, test } from 'node:test'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { RPC } from '@chainsafe/libp2p-gossipsub/message'
import { OPEN_TOPIC_LIMITS } from '../../src/gossip/index.ts'
import type { OpenMessage } from '../../src/gossip/index.ts'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'

const TOPIC = '/acme/chat/1'
const nodes: TosNode[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  // who has one peer looks for no others: the row stays a row
  const node = await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], mine: false, topic: [TOPIC], peers: { min: 1, target: 1, max: 9 }, ...options })
  nodes.push(node)
  return node
}

/** Connects in a row; each then has the next in its mesh, seen from both. */
async function chain (...row: TosNode[]): Promise<void> {
  for (const [i, from] of row.entries()) {
    const to = row[i + 1]
    if (to === undefined) return
    await from.dial(to.getMultiaddrs())
    for (const [a, b] of [[from, to], [to, from]] as const) await beats(a, () => a.services.topics.meshPeers(TOPIC).includes(b.peerId.toString()))
  }
}

async function beats (node: TosNode, condition: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(15_000)
  while (!condition()) await once(node.services.pubsub, 'gossipsub:heartbeat', { signal })
}

/** Messages judged, one way or the other. */
function took (node: TosNode): number {
  const { accept = 0, ignore = 0 } = node.services.topics.dump()
  return accept + ignore
}

function heard (node: TosNode): OpenMessage[] {
  const messages: OpenMessage[] = []
  node.services.topics.listen(message => { messages.push(message) })
  return messages
}

/** Past our own service, as a foreign peer would. */
function sendRaw (from: TosNode, to: TosNode, messages: readonly Uint8Array[]): void {
  const { streamsOutbound } = from.services.pubsub as GossipSub & { streamsOutbound: Map<string, { push (bytes: Uint8Array): void }> }
  const stream = streamsOutbound.get(to.peerId.toString())
  assert.ok(stream !== undefined)
  // a decoder takes at most 256 messages of one RPC
  for (let i = 0; i < messages.length; i += 200) stream.push(RPC.encode({ subscriptions: [], messages: messages.slice(i, i + 200).map(data => ({ topic: TOPIC, data })) }))
}

describe('open topics', { concurrency: 8 }, () => {
  test('what one publishes on an open topic reaches a third node through a second, byte for byte', { timeout: 60_000 }, async () => {
    const [a, b, c] = await Promise.all([start({ listen: [] }), start(), start()])
    await chain(a, b, c)
    const atC = heard(c)
    const data = Uint8Array.from({ length: 1000 }, (_, i) => i % 256)
    assert.equal(await a.services.topics.publish(TOPIC, data), 1)
    await beats(c, () => atC.length > 0)
    assert.deepEqual(atC, [{ topic: TOPIC, data: atC[0]?.data, peer: b.peerId.toString() }])
    assert.deepEqual(Buffer.from(atC[0]?.data ?? []), Buffer.from(data))
  })

  test('a flooder is heard to its rate and a message too large never, neither is forwarded, and nobody is banned', { timeout: 60_000 }, async () => {
    const [flooder, middle, end] = await Promise.all([start({ listen: [] }), start(), start()])
    await chain(flooder, middle, end)
    const [atMiddle, atEnd] = [heard(middle), heard(end)]
    sendRaw(flooder, middle, [new Uint8Array(OPEN_TOPIC_LIMITS.maxBytes + 1)])
    sendRaw(flooder, middle, Array.from({ length: 1000 }, (_, i) => Buffer.from(`flood ${i}`)))
    await beats(middle, () => took(middle) === 1001)
    const most = OPEN_TOPIC_LIMITS.perPeer.messages.count
    assert.ok(atMiddle.length >= most / 2 && atMiddle.length < most, `${atMiddle.length} of 1000 were taken`)
    assert.ok(atMiddle.every(({ data }) => data.length < 100))
    await beats(end, () => took(end) === atMiddle.length)
    assert.ok(atEnd.length >= most / 2)
    // the honest still get through: their rate is their own
    await end.services.topics.publish(TOPIC, Buffer.from('honest'))
    await beats(middle, () => atMiddle.some(({ data }) => Buffer.from(data).toString() === 'honest'))
    assert.equal(middle.tos.guard.isBanned(flooder.peerId.toString()), undefined)
  })

  test('topics: none unless named, none twice, none of the network’s own, and publish refuses what peers would', { timeout: 30_000 }, async () => {
    const plain = await start({ topic: [] })
    assert.ok(!plain.services.pubsub.getTopics().includes(TOPIC))
    await assert.rejects(plain.services.topics.publish(TOPIC, new Uint8Array(1)), { code: 'INVALID_VALUE' })
    const open = await start()
    assert.ok(open.services.pubsub.getTopics().includes(TOPIC))
    await assert.rejects(open.services.topics.publish(TOPIC, new Uint8Array(OPEN_TOPIC_LIMITS.maxBytes + 1)), { code: 'MESSAGE_TOO_LARGE' })
    await assert.rejects(start({ topic: ['/tos/devnet/block-announce/1'] }), { code: 'DUPLICATE_PROTOCOL' })
    await assert.rejects(start({ topic: [TOPIC, TOPIC] }), { code: 'CONFIG_INVALID' })
    await assert.rejects(start({ topic: Array.from({ length: 17 }, (_, i) => `/t/${i}`) }), { code: 'CONFIG_INVALID' })
  })
})
