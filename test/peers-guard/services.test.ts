import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { createGuard, rateLimiter, reputation } from '../../src/peers/guard/index.ts'
import type { Guard, RateLimiterService, ReputationService } from '../../src/peers/guard/index.ts'
import { until } from '../support/until.ts'
import { manualTime } from './manual-time.ts'
import type { ManualTime } from './manual-time.ts'

const options = { addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] }
const nodes: Libp2p[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

async function plain (): Promise<Libp2p> {
  const node = await createLibp2p({ ...options })
  nodes.push(node)
  return node
}

/** A plain libp2p node with nothing of ours but the guard, on a clock that stands still until it is moved. */
async function guarded (whitelist: string[] = []): Promise<{ node: Libp2p<{ reputation: ReputationService, rateLimiter: RateLimiterService }>, guard: Guard, time: ManualTime, got: Map<string, number> }> {
  const time = manualTime()
  const guard = createGuard({ minPeers: 0, exemptLocal: true, whitelist, now: time.now, clock: time.now, every: time.every })
  const node = await createLibp2p({ ...options, connectionGater: guard.gater, services: { rateLimiter: rateLimiter(guard), reputation: reputation(guard) } })
  nodes.push(node)
  const got = new Map<string, number>()
  await node.handle('/plain/1', (stream, { remotePeer }) => {
    // a handler that listens late still gets every byte
    setImmediate(() => {
      stream.addEventListener('message', ({ data }) => {
        got.set(remotePeer.toString(), (got.get(remotePeer.toString()) ?? 0) + data.byteLength)
        void stream.close()
      })
    })
  }, { maxInboundStreams: 1000 })
  return { node, guard, time, got }
}

/** Opens a stream and sends once; an error is the answer of a node that has had enough. */
async function say (from: Libp2p, to: Libp2p, bytes: number): Promise<void> {
  try {
    const stream = await from.dialProtocol(to.getMultiaddrs(), '/plain/1', { signal: AbortSignal.timeout(5000), maxOutboundStreams: 1000 })
    stream.send(new Uint8Array(bytes))
    await stream.close()
  } catch {}
}

test('a peer that floods a plain libp2p node with streams is reset, then banned; an honest one beside it is neither', { timeout: 30_000 }, async () => {
  const { guard, got, node, time } = await guarded()
  const [flooder, honest] = [await plain(), await plain()]
  const [bad, good] = [flooder.peerId.toString(), honest.peerId.toString()]
  for (const peer of [flooder, honest]) await peer.dial(node.getMultiaddrs())
  await until(() => node.getConnections().length === 2)
  for (let round = 0; round < 3; round++) {
    await Promise.all([...Array.from({ length: 120 }, () => say(flooder, node, 10)), say(honest, node, 10)])
    await until(() => got.get(good) === 10 * (round + 1))
    // the next penalty for the same reason counts after 10 s
    time.pass(10_000)
  }
  await until(() => node.getConnections(flooder.peerId).length === 0)
  assert.equal(guard.isBanned(bad)?.reason, 'message_rate_exceeded')
  assert.deepEqual([guard.isBanned(good), guard.score(good), node.getConnections(honest.peerId).length], [undefined, 500, 1])
  assert.ok((node.services.rateLimiter.dump()['refused'] ?? 0) > 100)
  // it is not let in again, and we do not call it either
  await flooder.dial(node.getMultiaddrs()).catch(() => {})
  await until(() => flooder.getConnections(node.peerId).length === 0)
  await assert.rejects(node.dial(flooder.peerId), { name: 'DialDeniedError' })
  time.pass(15 * 60_000)
  await say(flooder, node, 7)
  await until(() => node.getConnections(flooder.peerId).length === 1)
  assert.equal(guard.score(bad), 350)
})

test('bytes on a peer’s own streams are budgeted, those it was asked for are not', { timeout: 30_000 }, async () => {
  const { guard, node } = await guarded()
  const peer = await plain()
  const id = peer.peerId.toString()
  let served = 0
  await peer.handle('/serve/1', stream => {
    stream.send(new Uint8Array(600_000))
    void stream.close()
  })
  for (let i = 0; i < 4; i++) {
    const stream = await node.dialProtocol(peer.getMultiaddrs(), '/serve/1')
    for await (const data of stream) served += data.byteLength
  }
  assert.deepEqual([served, guard.score(id)], [2_400_000, 500])
  for (let i = 0; i < 4; i++) await say(peer, node, 600_000)
  await until(() => guard.score(id) === 350)
  assert.deepEqual(guard.explain(id).events.map(({ reason }) => reason), ['bandwidth_exceeded'])
})

test('a whitelisted peer has no budget; take() serves protocol authors', { timeout: 30_000 }, async () => {
  const peer = await plain()
  const id = peer.peerId.toString()
  const { got, guard, node } = await guarded([id])
  await peer.dial(node.getMultiaddrs())
  await until(() => node.getConnections().length === 1)
  await Promise.all(Array.from({ length: 120 }, () => say(peer, node, 10)))
  await until(() => got.get(id) === 1200)
  assert.deepEqual([guard.score(id), node.services.rateLimiter.dump()], [500, { refused: 0, reset: 0 }])
  const { take } = node.services.rateLimiter
  const other = 'another'
  let taken = 0
  while (take(other, 1)) taken++
  assert.ok(taken >= 50 && taken <= 51, String(taken))
  assert.equal(node.services.reputation.score(other), 400)
})

test('an order of the operator closes the connections it hits and keeps the peer out until it is removed', { timeout: 30_000 }, async () => {
  const { guard, node } = await guarded()
  const peer = await plain()
  await peer.dial(node.getMultiaddrs())
  await until(() => node.getConnections(peer.peerId).length === 1)
  assert.throws(() => guard.bans.add('0.0.0.0/0'), { code: 'INVALID_VALUE' })
  guard.bans.add('127.0.0.0/8', { for: 60_000, reason: 'maintenance' })
  await until(() => node.getConnections(peer.peerId).length === 0)
  await until(() => peer.getConnections(node.peerId).length === 0)
  await peer.dial(node.getMultiaddrs()).catch(() => {})
  await until(() => guard.dump()['refusedBanned'] === 1)
  assert.deepEqual(guard.bans.rm('127.0.0.0/8').map(({ reason }) => reason), ['maintenance'])
  await peer.dial(node.getMultiaddrs())
  await until(() => node.getConnections(peer.peerId).length === 1)
  // stopping the node ends the guard's part too
  await node.stop()
  assert.equal(guard.dump()['connected'], 0)
})
