import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Libp2p, Stream } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { Uint8ArrayList } from 'uint8arraylist'
import { createSeededBytes } from '../../src/chain/file/seeded-bytes.ts'
import { createDelayPipe, retransmissionMs, SEGMENT_BYTES } from '../support/delay-pipe.ts'
import { createLossyTransport } from '../support/lossy-transport.ts'
import type { LossyOptions, LossyTransport } from '../support/lossy-transport.ts'
import { until } from '../support/until.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const nodes: Libp2p[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

/** Numbers that are handed out one after the other, then 0.99: nothing is lost. */
const numbers = (...given: number[]) => (): number => given.shift() ?? 0.99

test('a lost segment comes 200 ms later, a twice lost one 600 ms', () => {
  assert.deepEqual([numbers(), numbers(0.01), numbers(0.01, 0.01), numbers(0.01, 0.01, 0.01)].map(random => retransmissionMs(random, 0.05)), [0, 200, 600, 1400])
})

test('what follows a lost segment waits behind it, and nothing is lost or changed', async () => {
  const clock = createVirtualClock(0)
  const arrived: Array<[at: number, text: string]> = []
  // of three segments the second is lost once; the last push is not
  const pipe = createDelayPipe({ clock, random: numbers(0.5, 0.01, 0.5, 0.5), loss: 0.05, delayMs: 30 }, data => { arrived.push([clock.now(), `${data.byteLength}`]) })
  pipe.push(new Uint8ArrayList(new Uint8Array(3 * SEGMENT_BYTES)))
  await clock.advance(10)
  pipe.push(new Uint8ArrayList(new Uint8Array(7)))
  pipe.end(() => { arrived.push([clock.now(), 'end']) })
  assert.equal(pipe.bytes, 3 * SEGMENT_BYTES + 7)
  await clock.advance(1000)
  assert.deepEqual(arrived, [[30, '1400'], [230, '2800'], [230, '7'], [230, 'end']])
  assert.deepEqual([pipe.bytes, clock.pending], [0, 0])
})

test('a stopped pipe leaves no timer', async () => {
  const clock = createVirtualClock()
  const pipe = createDelayPipe({ clock, random: numbers(), loss: 0, delayMs: 30 }, () => { assert.fail('delivered after the end') })
  pipe.push(new Uint8ArrayList(new Uint8Array(5)))
  assert.equal(clock.pending, 1)
  pipe.stop()
  assert.equal(clock.pending, 0)
})

async function start (options: Omit<LossyOptions, 'random'>): Promise<{ node: Libp2p, links: LossyTransport }> {
  const links = createLossyTransport({ random: createSeededBytes(`lossy ${nodes.length}`).fraction, ...options })
  const node = await createLibp2p({ addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [links.transport], connectionEncrypters: [noise()], streamMuxers: [yamux()] })
  nodes.push(node)
  return { node, links }
}

test('a node on it sends and receives everything, in order, however many segments are lost', { timeout: 20_000 }, async () => {
  const [a, b] = [await start({ loss: 0.2, delayMs: [1, 5] }), await start({})]
  const sent = Buffer.from(createSeededBytes('content').bytes(64 * 1024))
  await b.node.handle('/back/1', stream => { stream.addEventListener('message', ({ data }) => { stream.send(data) }) })
  const stream = await a.node.dialProtocol(b.node.getMultiaddrs(), '/back/1')
  const pieces: Uint8Array[] = []
  stream.addEventListener('message', ({ data }) => { pieces.push(data.subarray()) })
  stream.send(sent)
  await until(() => pieces.reduce((sum, { length }) => sum + length, 0) >= sent.length)
  assert.ok(Buffer.concat(pieces).equals(sent))
  assert.deepEqual([a.links.counts, b.links.counts], [{ open: 1, died: 0 }, { open: 1, died: 0 }])
  await stream.close()
  await a.node.getConnections()[0]?.close()
  await until(() => a.links.counts.open + b.links.counts.open === 0)
})

test('a sender is told to wait when the path is full', { timeout: 20_000 }, async () => {
  const [a, b] = [await start({ loss: 0, delayMs: [5, 5] }), await start({})]
  const received: { stream?: Stream } = {}
  await b.node.handle('/slow/1', stream => {
    received.stream = stream
    stream.pause()
  })
  const stream = await a.node.dialProtocol(b.node.getMultiaddrs(), '/slow/1')
  let sent = 0
  while (stream.send(new Uint8Array(16 * 1024))) sent += 16 * 1024
  assert.ok(sent < 4 * 1024 * 1024, `${sent} bytes were taken`)
})

test('a dying connection ends at both ends', { timeout: 20_000 }, async () => {
  const [a, b] = [await start({ loss: 0, delayMs: [1, 1], lifeMs: 50, silenceMs: 20 }), await start({})]
  await a.node.dial(b.node.getMultiaddrs()).catch(() => { /* died in its handshake */ })
  await until(() => a.links.counts.died === 1 && a.links.counts.open + b.links.counts.open === 0)
  await until(() => a.node.getPeers().length + b.node.getPeers().length === 0)
})

test('a node whose plug is pulled loses its connections and gets no new ones', { timeout: 20_000 }, async () => {
  const [a, b] = [await start({ delayMs: [1, 1] }), await start({ delayMs: [1, 1] })]
  await a.node.dial(b.node.getMultiaddrs())
  b.links.cut()
  await until(() => a.node.getPeers().length === 0)
  await assert.rejects(a.node.dial(b.node.getMultiaddrs(), { signal: AbortSignal.timeout(1000) }))
  await assert.rejects(b.node.dial(a.node.getMultiaddrs(), { signal: AbortSignal.timeout(1000) }))
})
