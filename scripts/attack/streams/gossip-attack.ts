import { setTimeout as delay } from 'node:timers/promises'
import { gossipsub, StrictNoSign, StrictSign } from '@chainsafe/libp2p-gossipsub'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { identify } from '@libp2p/identify'
import type { Identify } from '@libp2p/identify'
import { BLOCK_ANNOUNCE } from '../../../protocols/index.ts'
import { encodeGossipFrame } from '../../../src/gossip/index.ts'
import { fromHex } from '../../../src/wire/index.ts'
import { limitRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import { INVALID_FRAMES, TOPICS } from './gossip-frames.ts'
import { startHostile } from './hostile.ts'
import type { Hostile } from './hostile.ts'
import type { Target } from './target.ts'

type SignaturePolicy = typeof StrictNoSign | typeof StrictSign
type Gossiper = Hostile<{ identify: Identify, pubsub: GossipSub }>

const KINDS = Object.entries(INVALID_FRAMES)
const SPAM = 20
/** The third invalid message shuts its sender out; the library looks at scores once a second. */
const SCORED_MS = 1500
/** Time a frame that should not pass has to do so. */
const FORWARDED_MS = 500
const PASSED_MS = 2000
const POLL_MS = 50
const GIVE_UP_MS = 5000
const [BLOCKS] = TOPICS.map(({ topic }) => topic) as [string]

/** Invalid frames on every topic, each kind from a peer of its own; then one peer that sends many; a good frame that names its author; then an honest announcement. */
export async function gossipAttack (target: Target): Promise<Row[]> {
  const peers: Gossiper[] = []
  try {
    const start = async (policy: SignaturePolicy = StrictNoSign): Promise<Gossiper> => { const peer = await startGossiper(target, policy); peers.push(peer); return peer }
    const listener = await start()
    const heard: Uint8Array[] = []
    listener.node.services.pubsub.addEventListener('gossipsub:message', ({ detail }) => { heard.push(detail.msg.data) })
    for (const { topic } of TOPICS) listener.node.services.pubsub.subscribe(topic)
    const count = async (verdict: string): Promise<number> => sum(await target.tables(), verdict)

    for (const [, make] of KINDS) {
      const { node: { services: { pubsub } } } = await start()
      for (const { topic, type } of TOPICS) await pubsub.publish(topic, make(type))
    }
    const expected = KINDS.length * TOPICS.length
    await until(async () => await count('reject') >= expected)
    const rejected = await count('reject')

    const spammer = await start()
    await spam(spammer, 1)
    await delay(SCORED_MS)
    const before = await count('reject')
    await spam(spammer, 1 + SPAM)
    await delay(SCORED_MS)
    const spamRead = await count('reject') - before

    const announcement = await genesisAnnouncement(target)
    const author = await start(StrictSign)
    await author.node.services.pubsub.publish(BLOCKS, announcement)
    await delay(FORWARDED_MS)
    const forwarded = heard.length
    const honest = await start()
    const at = performance.now()
    await honest.node.services.pubsub.publish(BLOCKS, announcement)
    await until(() => heard.length > forwarded)
    const passedMs = heard.slice(forwarded).some(data => Buffer.compare(data, announcement) === 0) ? performance.now() - at : Infinity
    return [
      limitRow('gossip: invalid frames not rejected and counted', expected - rejected, `of ${expected}`, 0),
      limitRow('gossip: frames forwarded before the honest one', forwarded, 'frames', 0),
      limitRow('gossip: frames still looked at from a peer that sent 20 invalid ones', spamRead, `of ${SPAM}`, 0),
      limitRow('gossip: an honest announcement passes through the node', passedMs, 'ms', PASSED_MS)
    ]
  } finally {
    await Promise.all(peers.map(peer => peer.stop()))
  }
}

/** A peer that publishes any bytes; it knows that the node subscribes when this returns. */
async function startGossiper ({ address }: Target, globalSignaturePolicy: SignaturePolicy): Promise<Gossiper> {
  const peer = await startHostile(address, {
    identify: identify(),
    pubsub: gossipsub({ globalSignaturePolicy, floodPublish: true, fallbackToFloodsub: false })
  }) as unknown as Gossiper
  const { pubsub } = peer.node.services
  // what is published before the library has a stream to the node is lost without a word
  const { streamsOutbound } = pubsub as unknown as { readonly streamsOutbound: ReadonlyMap<string, unknown> }
  await until(() => pubsub.getSubscribers(BLOCKS).length > 0 && streamsOutbound.size > 0)
  return peer
}

async function spam ({ node: { services: { pubsub } } }: Gossiper, from: number): Promise<void> {
  const make = INVALID_FRAMES['a sender'] as NonNullable<typeof INVALID_FRAMES[string]>
  for (let seed = from; seed < from + SPAM; seed++) await pubsub.publish(BLOCKS, make(BLOCK_ANNOUNCE, seed))
}

/** A canonical announcement of a block the node holds, so that it accepts at once. */
async function genesisAnnouncement ({ admin }: Target): Promise<Uint8Array> {
  const { hash, height, difficulty, timestamp } = await admin.blockGet({ height: 0 })
  return encodeGossipFrame(BLOCK_ANNOUNCE, { blockHash: fromHex(hash), blockHeight: BigInt(height), difficulty: BigInt(difficulty), aiMined: false, timestamp: BigInt(timestamp) })
}

function sum (tables: Awaited<ReturnType<Target['tables']>>, verdict: string): number {
  return TOPICS.reduce((total, { service }) => total + (tables[service]?.[verdict] ?? 0), 0)
}

async function until (holds: () => boolean | Promise<boolean>): Promise<void> {
  const start = performance.now()
  while (!await holds() && performance.now() - start < GIVE_UP_MS) await delay(POLL_MS)
}
