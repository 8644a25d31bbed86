import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { after, test } from 'node:test'
import { noise } from '@chainsafe/libp2p-noise'
import type { ICryptoInterface } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { ConnectionProtector, Libp2p, MessageStream, Stream, StreamMuxer } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Libp2pOptions } from 'libp2p'
import { Uint8ArrayList } from 'uint8arraylist'
import { WRITE_BYTES } from '../../src/frame/index.ts'
import { corkConnection, createLibp2pOptions, createNoiseCrypto, kadProtocol, lazyMuxer, lazyStream, mdnsServiceTag, SMALL_MESSAGE_BYTES, stockAead, TRANSPORT_LIMITS, tunedNoise } from '../../src/node/transport/index.ts'
import type { TransportSettings } from '../../src/node/transport/index.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const stops: Array<() => Promise<void>> = []
after(async () => { await Promise.all(stops.map(stop => stop())) })

async function start (over: Partial<TransportSettings> = {}, options: Partial<Libp2pOptions> = {}): Promise<Libp2p> {
  const settings: TransportSettings = { network: 'devnet', privateKey: await generateKeyPair('Ed25519'), listen: [LOOPBACK], dht: 'server', userAgent: 'tosd/test', ...over }
  const node = await createLibp2p({ ...createLibp2pOptions(settings), ...options } as Libp2pOptions)
  stops.push(async () => { await node.stop() })
  return node
}

/** Two connected nodes and both ends of one stream. */
async function pair (options: Partial<Libp2pOptions> = {}): Promise<{ ours: Stream, theirs: Stream, dialler: Libp2p }> {
  const [dialler, listener] = [await start({}, options), await start({}, options)]
  const inbound = Promise.withResolvers<Stream>()
  await listener.handle('/t/1', stream => { inbound.resolve(stream) })
  const ours = await dialler.dialProtocol(listener.getMultiaddrs(), '/t/1')
  return { ours, theirs: await inbound.promise, dialler }
}

test('a node offers its network’s DHT as a server, only asks as a client, and says who it is', async () => {
  const server = await start({ network: 'private-net' })
  const client = await start({ network: 'private-net', dht: 'client' })
  assert.ok(server.getProtocols().includes(kadProtocol('private-net')))
  assert.deepEqual([kadProtocol('mainnet'), mdnsServiceTag('mainnet')], ['/tos/mainnet/kad/1.0.0', '_tos-mainnet._tcp.local'])
  assert.ok(!client.getProtocols().includes(kadProtocol('private-net')))
  const identified = new Promise<string | undefined>(resolve => { client.addEventListener('peer:identify', ({ detail }) => { resolve(detail.agentVersion) }, { once: true }) })
  await client.dial(server.getMultiaddrs())
  assert.equal(await identified, 'tosd/test')
})

test('websocket addresses are listened on and dialled', async () => {
  const listener = await start({ listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
  const dialler = await start({ listen: [] })
  const connection = await dialler.dial(listener.getMultiaddrs())
  assert.match(connection.remoteAddr.toString(), /\/ws/)
})

/** Opens sockets that never say a word, one after the other. */
async function silent (node: Libp2p, count: number): Promise<Array<{ closed: Promise<unknown> }>> {
  const port = Number(node.getMultiaddrs()[0]?.getComponents().find(({ name }) => name === 'tcp')?.value)
  const sockets: Array<{ closed: Promise<unknown> }> = []
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    const closed = new Promise<void>(resolve => { socket.once('close', () => { resolve() }) })
    stops.push(async () => { socket.destroy(); await closed })
    // a refused one may be reset before it notices that it was connected
    await Promise.race([new Promise<void>(resolve => { socket.once('connect', resolve) }), closed])
    sockets.push({ closed })
  }
  return sockets
}

test('on a public network one address holds five pending connections, the sixth is refused, and all slots come back', async () => {
  const node = await start({ network: 'testnet', limits: { upgradeTimeoutMs: 1_000 } })
  const sockets = await silent(node, 6)
  const first = await Promise.race(sockets.map(async ({ closed }, i) => { await closed; return i }))
  assert.equal(first, 5)
  // the silent ones end with the upgrade's time limit
  await Promise.all(sockets.map(({ closed }) => closed))
  const honest = await start({ network: 'testnet', listen: [] })
  for (let i = 0; i < 8; i++) {
    const connection = await honest.dial(node.getMultiaddrs())
    await connection.close()
  }
})

test('on a devnet loopback is exempt: twenty silent connections do not keep an honest one out', async () => {
  const node = await start()
  await silent(node, 20)
  const connection = await (await start({ listen: [] })).dial(node.getMultiaddrs())
  assert.equal(connection.status, 'open')
})

test('the gater of the caller is still asked', async () => {
  const asked: string[] = []
  const node = await start({ gater: { denyInboundEncryptedConnection: peer => { asked.push(peer.toString()); return true } } })
  const banned = await start({ listen: [] })
  const connection = await banned.dial(node.getMultiaddrs()).catch(() => undefined)
  if (connection?.status === 'open') await once(connection as unknown as EventTarget as never, 'close')
  assert.deepEqual(asked, [banned.peerId.toString()])
  assert.equal(node.getConnections().length, 0)
})

/** Notes each raw connection as the cork sees it. */
function watchRaw (seen: Array<{ corked: boolean, socket: Socket }>): () => ConnectionProtector {
  return () => ({
    protect (connection: MessageStream) {
      seen.push({ corked: corkConnection(connection), socket: (connection as MessageStream & { socket: Socket }).socket })
      return Promise.resolve(connection)
    }
  })
}

test('the cork applies to real TCP connections of both directions: what a tick sends leaves in one write', async () => {
  const raw: Array<{ corked: boolean, socket: Socket }> = []
  const { ours, theirs } = await pair({ connectionProtector: watchRaw(raw) })
  assert.deepEqual(raw.map(({ corked }) => corked), [true, true], 'libp2p changed: sockets are no longer corked')
  const received = new Promise<void>(resolve => { theirs.addEventListener('message', () => { resolve() }, { once: true }) })
  for (let i = 0; i < 10; i++) ours.send(new Uint8Array(100))
  const sending = raw.find(({ socket }) => socket.writableCorked > 0)
  assert.ok(sending !== undefined && sending.socket.writableLength > 1_000, 'ten messages wait together')
  await received
  assert.equal(sending.socket.writableCorked, 0)
})

test('a connection without a socket passes the cork untouched', () => {
  const other = { sendData: () => ({ sentBytes: 0, canSendMore: true }) }
  const before = other.sendData
  assert.equal(corkConnection(other as unknown as MessageStream), false)
  assert.equal(other.sendData, before)
})

test('the socket buffer of our size is in effect at both ends', async () => {
  const raw: Array<{ corked: boolean, socket: Socket }> = []
  await pair({ connectionProtector: watchRaw(raw) })
  assert.deepEqual(raw.map(({ socket }) => socket.writableHighWaterMark), [TRANSPORT_LIMITS.socketBufferBytes, TRANSPORT_LIMITS.socketBufferBytes])
})

test('noise still lends its own cipher for small messages', async () => {
  const node = await createLibp2p({ connectionEncrypters: [components => {
    assert.equal(stockAead(noise()(components))?.belowBytes, SMALL_MESSAGE_BYTES, 'noise changed: small messages now take the slower path')
    return tunedNoise()(components)
  }], start: false })
  await node.stop()
})

test('an empty or half length prefix waits for more instead of throwing, and a whole one is read as before', async () => {
  const secured: MessageStream[] = []
  const watch: NonNullable<Libp2pOptions['connectionEncrypters']>[number] = components => {
    const encrypter = tunedNoise()(components)
    const { secureInbound, secureOutbound } = encrypter
    const keep = async <T extends { connection: MessageStream }>(result: Promise<T>): Promise<T> => { secured.push((await result).connection); return result }
    return Object.assign(encrypter, { secureInbound: (...args: Parameters<typeof secureInbound>) => keep(secureInbound(...args)), secureOutbound: (...args: Parameters<typeof secureOutbound>) => keep(secureOutbound(...args)) })
  }
  const { ours, theirs } = await pair({ connectionEncrypters: [watch] })
  assert.equal(secured.length, 2)
  for (const connection of secured) {
    const { decoder } = connection as unknown as { decoder: { lengthDecoder (buffer: Uint8ArrayList): number } }
    for (const [bytes, length] of [[[], 65_535], [[1], 65_535], [[1, 2], 258], [[0, 0, 9], 0]] as const) {
      assert.equal(decoder.lengthDecoder(new Uint8ArrayList(Uint8Array.from(bytes))), length, 'noise changed: each packet costs an exception again')
    }
  }
  const received = once(theirs as unknown as EventTarget, 'message')
  ours.send(new Uint8Array(7))
  assert.equal(((await received)[0] as { data: { byteLength: number } }).data.byteLength, 7)
})

test('one bulk write is one noise message, and one byte more is two', async () => {
  const sizes: number[] = []
  const crypto: ICryptoInterface = createNoiseCrypto()
  const counting: ICryptoInterface = { ...crypto, chaCha20Poly1305Encrypt (plaintext, ...rest) { sizes.push(plaintext.byteLength); return crypto.chaCha20Poly1305Encrypt(plaintext, ...rest) } }
  const { ours } = await pair({ connectionEncrypters: [noise({ crypto: counting })] })
  for (const [write, messages] of [[WRITE_BYTES, [65_519]], [WRITE_BYTES + 1, [65_519, 1]]] as const) {
    sizes.length = 0
    ours.send(new Uint8Array(write))
    assert.deepEqual(sizes, messages)
  }
})

test('room to send is granted when half of the window is used, not for every small message', async () => {
  const { ours, theirs } = await pair()
  const receiver = theirs as Stream & { recvWindow: number, sendFrame: (header: object) => void }
  const swap = async (bytes: number): Promise<void> => {
    const received = once(theirs as unknown as EventTarget, 'message')
    ours.send(new Uint8Array(bytes))
    await received
  }
  // the first message still settles the stream: its acknowledgement is a grant too
  await swap(10)
  const granted: object[] = []
  const { sendFrame } = receiver
  assert.equal(typeof sendFrame, 'function', 'yamux changed: look at lazy-window.ts')
  receiver.sendFrame = header => { granted.push(header); sendFrame(header) }
  for (let i = 0; i < 20; i++) await swap(100)
  assert.equal(granted.length, 0, 'yamux changed: room is granted for every message again')
  for (let left = receiver.recvWindow / 2; left > 0; left -= 60_000) await swap(Math.min(left, 60_000))
  assert.equal(granted.length, 1)
})

test('a muxer without yamux’s members is left alone', () => {
  const muxer = {} as StreamMuxer
  assert.equal(lazyMuxer(muxer), false)
  assert.deepEqual(muxer, {})
  assert.equal(lazyStream({}), false)
})

test('a paused reader is owed no more than the window, and the stream survives the pause', async () => {
  const { ours, theirs } = await pair()
  let received = 0
  const total = 6 * 1024 * 1024
  const all = new Promise<void>(resolve => { theirs.addEventListener('message', ({ data }) => { received += data.byteLength; if (received === total) resolve() }) })
  theirs.pause()
  ours.send(new Uint8Array(total))
  // the sender is out of window once the reader holds one window's worth
  const paused = theirs as Stream & { readBufferLength: number }
  const deadline = AbortSignal.timeout(10_000)
  while (paused.readBufferLength < 256 * 1024 && !deadline.aborted) await new Promise(setImmediate)
  assert.ok(paused.readBufferLength <= TRANSPORT_LIMITS.streamWindowBytes, `${paused.readBufferLength} bytes are buffered`)
  theirs.resume()
  await all
  assert.equal(ours.status, 'open')
})

test('the window stops growing at our size: what a fast reader grants stays below the read buffer', async () => {
  const { ours, theirs } = await pair()
  const total = 24 * 1024 * 1024
  let received = 0
  const all = new Promise<void>(resolve => { theirs.addEventListener('message', ({ data }) => { received += data.byteLength; if (received >= total) resolve() }) })
  const window = ours as Stream & { sendWindowCapacity?: number }
  let largest = 0
  for (let sent = 0; sent < total; sent += WRITE_BYTES) {
    if (!ours.send(new Uint8Array(WRITE_BYTES))) await drained(ours)
    largest = Math.max(largest, window.sendWindowCapacity ?? Number.NaN)
  }
  await all
  assert.ok(largest > 0 && largest <= TRANSPORT_LIMITS.streamWindowBytes, `the window grew to ${largest}`)
  assert.ok(TRANSPORT_LIMITS.streamWindowBytes < TRANSPORT_LIMITS.streamReadBufferBytes)
})

/** Waits until the stream takes more; the event alone does not say so. */
async function drained (stream: Stream): Promise<void> {
  while (stream.writableNeedsDrain) await new Promise<void>(resolve => { stream.addEventListener('drain', () => { resolve() }, { once: true }) })
}

test('bootstrap and announced addresses reach libp2p', async () => {
  const entry = await start()
  const address = entry.getMultiaddrs()[0]?.toString() as string
  const node = await start({ bootstrap: [address], announce: ['/dns4/node.example/tcp/2080'] })
  while (!await node.peerStore.has(entry.peerId)) await new Promise(setImmediate)
  assert.ok((await node.peerStore.get(entry.peerId)).addresses.some(({ multiaddr: known }) => known.toString() === multiaddr(address).decapsulateCode(421).toString()))
  assert.ok(node.getMultiaddrs().some(known => known.toString().startsWith('/dns4/node.example/tcp/2080')))
})
