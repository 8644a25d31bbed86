import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, describe, test } from 'node:test'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { RPC } from '@chainsafe/libp2p-gossipsub/message'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { BLOCK_ANNOUNCE } from '../../protocols/blocks/messages.ts'
import type { BlockAnnounce } from '../../protocols/blocks/messages.ts'
import { createGossipOptions, encodeGossipFrame, mountTopic, SCORE, typedPubsub } from '../../src/gossip/index.ts'
import type { TopicService } from '../../src/gossip/index.ts'
import { silentLogger, TRANSPORT_LIMITS, wireOptions } from '../../src/node/transport/index.ts'
import { createKernel, defineTopic } from '../../src/protocol/index.ts'
import type { Incident, TopicContext, Verdict } from '../../src/protocol/index.ts'

type Validate = (value: BlockAnnounce, context: TopicContext) => Verdict | Promise<Verdict>
interface Node { libp2p: Libp2p, pubsub: GossipSub, blocks: TopicService<BlockAnnounce>, incidents: Incident[] }

const TOPIC = '/tos/devnet/block-announce/1'
/** Quicker than a node's heart: what is waited for here is a number of beats. */
const BEAT_MS = 250
/** GossipSub looks at the score of a peer in good standing again after this time. */
const TRUSTED_MS = 1000
const stops: Array<() => Promise<void>> = []
after(async () => { await Promise.all(stops.map(stop => stop())) })

const announce = (blockHeight: bigint): BlockAnnounce => ({ blockHash: new Uint8Array(32), blockHeight, difficulty: 1n, aiMined: false, timestamp: 1n })

async function node (validate: Validate, validateTimeoutMs = 5_000): Promise<Node> {
  const kernel = createKernel({ network: 'devnet' })
  const incidents: Incident[] = []
  kernel.incidents.listen(incident => { incidents.push(incident) })
  const topic = defineTopic({ name: 'blockAnnounce', id: '/tos/{net}/block-announce/1', message: BLOCK_ANNOUNCE, expectedPerMinute: 12, queue: { max: 4, drop: 'oldest' }, validateTimeoutMs, validate })
  const libp2p = await createLibp2p({
    privateKey: await generateKeyPair('Ed25519'),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    logger: silentLogger,
    ...wireOptions(TRANSPORT_LIMITS),
    connectionMonitor: { enabled: false },
    connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY },
    services: { identify: identify(), pubsub: gossipsub({ ...createGossipOptions({ network: 'devnet', topics: [topic], shareLoopback: true }), heartbeatInterval: BEAT_MS }), blocks: mountTopic(kernel, topic) }
  })
  stops.push(async () => { await libp2p.stop() })
  return { libp2p, pubsub: libp2p.services.pubsub, blocks: libp2p.services.blocks, incidents }
}

/** Connects in a row and waits until each end sees the other in its mesh. */
async function chain (...nodes: Node[]): Promise<void> {
  for (const [i, from] of nodes.entries()) {
    const to = nodes[i + 1]
    if (to === undefined) return
    await from.libp2p.dial(to.libp2p.getMultiaddrs())
    await until(from, () => from.blocks.meshPeers().includes(id(to)))
    await until(to, () => to.blocks.meshPeers().includes(id(from)))
  }
}

const id = (node: Node): string => node.libp2p.peerId.toString()

/** Looks again at each heartbeat of `node`. */
async function until (node: Node, condition: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(15_000)
  while (!condition()) await once(node.pubsub, 'gossipsub:heartbeat', { signal })
}

/** Sends bytes on the topic past our own service, as a hostile peer would. */
async function sendRaw (from: Node, to: Node, data: Uint8Array, author?: Uint8Array): Promise<void> {
  const streams = (from.pubsub as GossipSub & { streamsOutbound: Map<string, { push (bytes: Uint8Array): void }> }).streamsOutbound
  const message = { topic: TOPIC, data, ...(author === undefined ? {} : { from: author }) }
  streams.get(id(to))?.push(RPC.encode({ subscriptions: [], messages: [message] }))
  await Promise.resolve()
}

describe('topics over a network', { concurrency: 8 }, () => {
  test('GossipSub still has the members that its types do not name', async () => {
    const { pubsub } = await node(() => 'accept')
    const typed = typedPubsub(pubsub)
    assert.ok(typed.backoffs !== undefined, 'the backoff table moved: PRUNE backoffs are no longer clamped')
    assert.equal(typed.score('nobody'), 0)
    assert.deepEqual(typed.meshPeers(TOPIC), [])
  })

  test('an accepted message crosses a node to the next one; an ignored and a rejected one stop there', async () => {
    const seen: bigint[] = []
    const arrived = Promise.withResolvers<void>()
    const a = await node(() => 'accept')
    const b = await node(({ blockHeight }) => blockHeight === 1n ? 'ignore' : blockHeight === 2n ? 'reject' : 'accept')
    const c = await node(({ blockHeight }) => { seen.push(blockHeight); if (blockHeight === 3n) arrived.resolve(); return 'accept' })
    await chain(a, b, c)
    for (const height of [1n, 2n, 3n]) await a.blocks.publish(announce(height))
    await arrived.promise
    assert.deepEqual(seen, [3n])
    assert.deepEqual(b.incidents.map(({ code, peer }) => [code, peer]), [['INVALID_MESSAGE', id(a)]])
    const { accept, ignore, reject } = b.blocks.dump()
    assert.deepEqual({ accept, ignore, reject }, { accept: 1, ignore: 1, reject: 1 })
  })

  test('a slow verdict forwards late, and does not hold up the messages behind it', async () => {
    const order: bigint[] = []
    const gate = Promise.withResolvers<void>()
    const fast = Promise.withResolvers<void>()
    const slow = Promise.withResolvers<void>()
    const a = await node(() => 'accept')
    const b = await node(({ blockHeight }) => blockHeight === 1n ? gate.promise.then(() => 'accept' as const) : 'accept')
    const c = await node(({ blockHeight }) => { order.push(blockHeight); (blockHeight === 1n ? slow : fast).resolve(); return 'accept' })
    await chain(a, b, c)
    await a.blocks.publish(announce(1n))
    await a.blocks.publish(announce(2n))
    await fast.promise
    // longer than the library's default cache: 5 heartbeats would have forgotten the message
    for (let beat = 0; beat < 5; beat++) await once(b.pubsub, 'gossipsub:heartbeat')
    gate.resolve()
    await slow.promise
    assert.deepEqual(order, [2n, 1n])
  })

  test('a validator that throws or never answers costs the sender nothing and frees its slot', async () => {
    const answered = Promise.withResolvers<void>()
    const a = await node(() => 'accept')
    const b = await node(({ blockHeight }) => {
      if (blockHeight === 1n) throw new Error('broken validator')
      if (blockHeight > 100n) { answered.resolve(); return 'accept' }
      return new Promise<Verdict>(() => {})
    }, 200)
    await chain(a, b)
    // more that never answer than there are slots and places to wait: the rest must still get through
    for (let height = 1n; height <= 20n; height++) await a.blocks.publish(announce(height))
    await until(b, () => b.blocks.dump()['waiting'] === 0 && b.blocks.dump()['running'] === 0)
    await a.blocks.publish(announce(101n))
    await answered.promise
    const codes = new Set(b.incidents.map(({ code }) => code))
    assert.deepEqual([...codes].sort(), ['BUSY', 'HANDLER_FAILED', 'TIMEOUT'])
    assert.ok(b.incidents.every(({ peer }) => peer === undefined))
    assert.ok(typedPubsub(b.pubsub).score(id(a)) >= 0)
  })

  test('announcements of one peer that nobody answers leave room: those of another are validated at once', { timeout: 20_000 }, async () => {
    const honest = Promise.withResolvers<void>()
    const a = await node(() => 'accept')
    const b = await node(({ blockHeight }) => {
      if (blockHeight > 100n) { honest.resolve(); return 'accept' }
      return new Promise<Verdict>(() => {})
    }, 6_000)
    const c = await node(() => 'accept')
    await chain(a, b)
    await chain(c, b)
    for (let height = 1n; height <= 20n; height++) await a.blocks.publish(announce(height))
    await until(b, () => b.blocks.dump()['waiting'] === 4)
    await c.blocks.publish(announce(101n))
    await honest.promise
    assert.ok(b.incidents.every(({ code }) => code === 'BUSY'), 'no validation had to time out first')
  })

  test('bad frames are rejected with their code and three of them graylist the sender; a good one from another still arrives', async () => {
    const good = Promise.withResolvers<bigint>()
    const a = await node(() => 'accept')
    const b = await node(({ blockHeight }) => { good.resolve(blockHeight); return 'accept' })
    const c = await node(() => 'accept')
    await chain(a, b)
    await chain(c, b)
    const frame = encodeGossipFrame(BLOCK_ANNOUNCE, announce(9n))
    await sendRaw(a, b, frame, new Uint8Array(34))
    for (const at of [0, 20, 59, 12]) await sendRaw(a, b, Uint8Array.from(frame, (byte, i) => i === at ? byte ^ 1 : byte))
    await until(b, () => b.incidents.length >= 3 && typedPubsub(b.pubsub).score(id(a)) < SCORE.graylistThreshold)
    assert.deepEqual(b.incidents.map(({ code }) => code), ['WRONG_MAGIC', 'INVALID_MESSAGE', 'INVALID_MESSAGE', 'CORRUPT_MESSAGE'])
    assert.ok(b.incidents.every(({ peer }) => peer === id(a)))
    // a peer in good standing is trusted for one second before its score is looked at again
    for (let beat = 0; beat <= TRUSTED_MS / BEAT_MS + 1; beat++) await once(b.pubsub, 'gossipsub:heartbeat')
    await a.blocks.publish(announce(10n))
    await c.blocks.publish(announce(11n))
    assert.equal(await good.promise, 11n, 'the graylisted peer is not heard')
  })

  test('a topic is mounted once, cannot outlast the message cache, and publishes only while it runs', async () => {
    const kernel = createKernel({ network: 'devnet' })
    const topic = defineTopic<BlockAnnounce>({ name: 't', id: '/tos/{net}/t/1', message: BLOCK_ANNOUNCE, expectedPerMinute: 1, queue: { max: 1, drop: 'newest' }, validate: () => 'accept' })
    mountTopic(kernel, topic)
    // the factory is called by libp2p, which knows no such service
    assert.throws(() => mountTopic(createKernel({ network: 'devnet' }), topic)(new Proxy({}, { get () { throw new Error('pubsub not set') } }) as never), { code: 'MISSING_DEPENDENCY' })
    assert.throws(() => mountTopic(kernel, topic), { code: 'DUPLICATE_PROTOCOL' })
    assert.throws(() => mountTopic(kernel, { ...topic, id: '/tos/{net}/u/1', validateTimeoutMs: 60_000 }), { code: 'INVALID_DEFINITION' })
    const stopped = await node(() => 'accept')
    await stopped.libp2p.stop()
    await assert.rejects(stopped.blocks.publish(announce(1n)), { code: 'NOT_STARTED' })
  })
})
