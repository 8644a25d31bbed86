import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { yamux } from '@chainsafe/libp2p-yamux'
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PrivateKey, ServiceMap } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import type { Libp2pOptions } from 'libp2p'
import { setImmediate as turn } from 'node:timers/promises'
import { ping, PING, PONG } from '../../protocols/index.ts'
import { checksum, encodeHeader } from '../../src/frame/index.ts'
import { createKernel, decodePayload, defineProtocol, encodePayload, nodeIdToPeerId, peerIdToNodeId } from '../../src/protocol/index.ts'
import type { Kernel, ProtocolService } from '../../src/protocol/index.ts'
import { blob, string, struct, u32 } from '../../src/wire/index.ts'
import { NOW_MS } from '../support/frames.ts'
import { rawStream } from '../support/raw-stream.ts'
import type { RawStream } from '../support/raw-stream.ts'
import { lateCarriers } from '../support/sessions.ts'

// real nodes over loopback TCP: what the in-process pairs cannot show

const PING_ID = '/tos/devnet/plain/ping/1.0.0'
const OPEN = { count: 1e9, perMs: 1000 }

const hello = defineProtocol({
  id: '/acme/hello/1.0.0', types: { request: 0x8001, response: 0x8002 }, request: struct({ name: string(64) }), response: struct({ text: string(256) }),
  limits: { perPeer: OPEN, timeoutMs: 5000 }, handle: ({ name }) => ({ text: `hello ${name}` })
})

let made = 0
const pieces = defineProtocol({
  id: '/acme/pieces/1.0.0', types: { request: 0x8001, response: 0x8002 }, request: struct({ count: u32 }), response: struct({ n: u32, data: blob(1 << 20) }),
  limits: { perPeer: OPEN, timeoutMs: 10_000 },
  async * handle ({ count }) {
    for (let n = 1; n <= count; n++) {
      made = n
      yield { n, data: new Uint8Array(64 * 1024) }
    }
  }
})

const nodes: Libp2p[] = []
async function node<S extends ServiceMap> (services: Libp2pOptions<S>['services'], privateKey?: PrivateKey): Promise<Libp2p<S>> {
  const streamOptions = { maxStreamWindowSize: 1 << 20, maxReadBufferLength: 8 << 20 }
  const options: Libp2pOptions<S> = {
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux({ streamOptions })],
    connectionManager: { inboundConnectionThreshold: 1000 }, connectionMonitor: { enabled: false }, ...(services === undefined ? {} : { services }), ...(privateKey === undefined ? {} : { privateKey })
  }
  const started = await createLibp2p<S>(options)
  nodes.push(started)
  return started
}

type Hello = ProtocolService<{ name: string }, { text: string }>
type Pieces = ProtocolService<{ count: number }, { n: number, data: Uint8Array }>

let kernel: Kernel
let server: Libp2p<{ ping: ProtocolService<unknown, unknown>, hello: Hello, pieces: Pieces }>
let client: Libp2p<{ hello: Hello, pieces: Pieces }>
let raw: Libp2p

before(async () => {
  kernel = createKernel({ network: 'devnet' })
  // a third party's definition goes in exactly like a built-in one
  server = await node({ ping: kernel.mount(ping({ now: Date.now })), hello: kernel.mount(hello), pieces: kernel.mount(pieces) }) as unknown as typeof server
  const own = createKernel({ network: 'devnet' })
  client = await node({ hello: own.mount(hello), pieces: own.mount(pieces) })
  raw = await node({})
  await client.dial(server.getMultiaddrs())
  await raw.dial(server.getMultiaddrs())
})
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

async function open (): Promise<RawStream> {
  return rawStream(await raw.dialProtocol(server.peerId, PING_ID))
}

/** A PING frame made without the product's stream code. */
function pingFrame (nonce: bigint): Uint8Array {
  const payload = encodePayload(PING, { nonce, userAgent: 'by hand', services: 0n, timestamp: 0n })
  return Buffer.concat([encodeHeader({ type: PING.code, payloadLength: payload.length, checksum: checksum(payload), timestamp: BigInt(Math.floor(Date.now() / 1000)), nodeId: peerIdToNodeId(raw.peerId) }), payload])
}

test('a peer that writes the specification\'s bytes by hand gets its PONG, with its nonce', async () => {
  const stream = await open()
  stream.write(pingFrame(0xfeedn))
  const { type, payload } = await stream.next()
  assert.equal(type, PONG.code)
  assert.equal(decodePayload(PONG, payload).nonce, 0xfeedn)
  await stream.stream.close()
})

test('one-shot by hand: write, close the write side, read until the end', async () => {
  const stream = await open()
  stream.write(pingFrame(1n))
  await stream.stream.close()
  await stream.ended
  assert.equal(stream.frames.length, 1)
})

test('byte by byte, and several in one write, by hand', async () => {
  const stream = await open()
  for (const byte of pingFrame(2n)) stream.write(Uint8Array.of(byte))
  await stream.next()
  stream.write(Buffer.concat([3n, 4n, 5n].map(pingFrame)))
  const nonces = []
  for (let i = 0; i < 3; i++) nonces.push(decodePayload(PONG, (await stream.next()).payload).nonce)
  assert.deepEqual(nonces, [3n, 4n, 5n])
  await stream.stream.close()
})

test('a bad magic closes that stream alone; a new one works', async () => {
  const bad = await open()
  bad.write(Buffer.from('GET / HTTP/1.1\r\nHost: example.org\r\nUser-Agent: lost\r\n\r\n0123456789'))
  assert.equal(await bad.closed, 'StreamResetError')
  assert.equal(kernel.incidents.counts.get('WRONG_MAGIC'), 1)
  const stream = await open()
  stream.write(pingFrame(6n))
  assert.equal((await stream.next()).type, PONG.code)
  await stream.stream.close()
})

test('a third party\'s protocol stands alone in a plain libp2p and answers by peer id and by address', async () => {
  assert.deepEqual(await client.services.hello.request(server.peerId, { name: 'alice' }), { text: 'hello alice' })
  const [address] = server.getMultiaddrs()
  assert.ok(address !== undefined)
  assert.deepEqual(await client.services.hello.request(address, { name: 'bob' }), { text: 'hello bob' })
  assert.equal(client.services.hello.dump()['lanes'], 1)
})

test('a thousand requests at once over one stream', async () => {
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => client.services.hello.request(server.peerId, { name: String(i) })))
  assert.deepEqual(answers.map(({ text }) => text), Array.from({ length: 1000 }, (_, i) => `hello ${i}`))
})

test('a slow reader holds the generator back through the muxer', async () => {
  let got = 0
  let ahead = 0
  for await (const { n } of client.services.pieces.stream(server.peerId, { count: 400 })) {
    assert.equal(n, ++got)
    ahead = Math.max(ahead, made - n)
    for (let i = 0; i < 3; i++) await turn()
  }
  assert.equal(got, 400)
  assert.ok(ahead < 200, `${ahead} pieces of 64 KiB were made ahead of the reader`)
})

test('a hundred streams at once: refused beyond the limit, cleanly, and the connection lives', async () => {
  const outcomes = await Promise.all(Array.from({ length: 100 }, async () => {
    try {
      for await (const piece of client.services.pieces.stream(server.peerId, { count: 2 })) if (piece.n === 2) return 'whole'
      return 'cut'
    } catch (error) {
      return (error as { code: string }).code
    }
  }))
  assert.ok(outcomes.includes('whole'))
  for (const outcome of outcomes) assert.ok(['whole', 'BUSY', 'STREAM_CLOSED'].includes(outcome), outcome)
  assert.deepEqual(await client.services.hello.request(server.peerId, { name: 'still' }), { text: 'hello still' })
})

test('a peer with a secp256k1 key connects but speaks no TOS protocol: NO_NODE_ID', async () => {
  const own = createKernel({ network: 'devnet' })
  const other = await node({ hello: own.mount(hello) }, await generateKeyPair('secp256k1'))
  await other.dial(server.getMultiaddrs())
  await assert.rejects((other.services.hello as Hello).request(server.peerId, { name: 'x' }), { code: 'NO_NODE_ID' })
  await assert.rejects(client.services.hello.request(nodeIdToPeerId(new Uint8Array(32).fill(9)), { name: 'x' }, { timeoutMs: 2000 }), { code: 'PEER_UNREACHABLE' })
})

test('a node that goes away fails what is under way; stopped services hold nothing', async () => {
  const own = createKernel({ network: 'devnet' })
  const silent = defineProtocol({
    id: '/acme/silent/1.0.0', types: { request: 0x8001, response: 0x8002 }, request: struct({}), response: struct({}),
    limits: { perPeer: OPEN, timeoutMs: 5000 }, handle: () => undefined
  })
  const short = await node({ silent: own.mount(silent) })
  const other = createKernel({ network: 'devnet' })
  const asker = await node({ silent: other.mount(silent) })
  await asker.dial(short.getMultiaddrs())
  const wait = assert.rejects(asker.services.silent.request(short.peerId, {}), { code: 'STREAM_CLOSED' })
  while (asker.services.silent.dump()['pending'] !== 1) await turn()
  await short.stop()
  await wait
  await asker.stop()
  for (const [name, size] of [...Object.entries(short.services.silent.dump()), ...Object.entries(asker.services.silent.dump())]) {
    if (!['limiters', 'budgets', 'unasked'].includes(name)) assert.equal(size, 0, name)
  }
})

test('over yamux, what arrives before the session stands waits within one window and is answered afterwards', async () => {
  const { carriers, asking } = lateCarriers(() => true)
  const big = defineProtocol({
    id: '/acme/big/1.0.0', types: { request: 0x8003, response: 0x8004 }, request: struct({ data: blob(1 << 20) }), response: struct({ bytes: u32 }), maxBytes: 2 << 20,
    limits: { perPeer: OPEN, timeoutMs: 10_000 }, handle: ({ data }) => ({ bytes: data.length })
  })
  const waits = await node({ big: createKernel({ network: 'devnet', carriers, now: () => NOW_MS }).mount(big) })
  const asks = await node({ big: createKernel({ network: 'devnet', now: () => NOW_MS }).mount(big) })
  await asks.dial(waits.getMultiaddrs())
  const answers = Array.from({ length: 8 }, () => asks.services.big.request(waits.peerId, { data: new Uint8Array(1 << 20) }))
  while (asking.length < 1 || (asking[0]?.stream.readBufferLength ?? 0) < 200_000) await turn()
  for (let i = 0; i < 100; i++) await turn()
  assert.ok((asking[0]?.stream.readBufferLength ?? 0) <= 1 << 20)
  asking[0]?.give()
  assert.deepEqual(await Promise.all(answers), Array.from({ length: 8 }, () => ({ bytes: 1 << 20 })))
})
