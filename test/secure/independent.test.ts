import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js'
import { startDaemon } from '../support/daemon.ts'
import type { Daemon } from '../support/daemon.ts'
import { decodeFrame, encodeFrame, headerOf } from './independent/frame.ts'
import { dial, listen, peerIdOf } from './independent/handshake.ts'
import { TYPE, decodeHello, encodeHello, encodePing, nonceOf } from './independent/messages.ts'
import type { Link } from './independent/link.ts'
import { createPeer, now } from './independent/peer.ts'
import type { Peer } from './independent/peer.ts'
import { openFrame, sealFrame } from './independent/record.ts'
import type { Privacy } from './independent/record.ts'

interface Party { readonly ed25519_seed: string, readonly node_id: string, readonly peer_id: string, readonly x25519_private: string, readonly hello: string }
interface Vectors extends Record<string, unknown> {
  readonly net: string
  readonly dialler: Party & { readonly ml_kem_768_seed: string }
  readonly listener: Party & { readonly encapsulation_randomness: string }
  readonly session_frames: Readonly<Record<'M1' | 'M2' | 'M3', string>>
  readonly sealed_frames: ReadonlyArray<{ readonly name: string, readonly frame: string }>
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/session.json', import.meta.url), 'utf8')) as Vectors
const { dialler, listener } = vectors
const TIME = 1_700_000_000n

function exchange (epoch = 0) {
  const parties = { net: vectors.net, dialler: hexToBytes(dialler.node_id), listener: hexToBytes(listener.node_id), epoch }
  const started = dial(parties, { x25519Key: hexToBytes(dialler.x25519_private), kemSeed: hexToBytes(dialler.ml_kem_768_seed) })
  const answered = listen(parties, started.m1, { x25519Key: hexToBytes(listener.x25519_private), randomness: hexToBytes(listener.encapsulation_randomness) }, { seed: hexToBytes(listener.ed25519_seed), hello: hexToBytes(listener.hello) })
  const { m3, agreed } = started.answer(answered.m2, { seed: hexToBytes(dialler.ed25519_seed), hello: hexToBytes(dialler.hello) })
  return { agreed, other: answered.finish(m3) }
}

test('from the two pages alone every value of the handshake in session.json comes out, on both sides', () => {
  const { agreed, other } = exchange()
  for (const { trace } of [agreed, other]) {
    assert.equal(Object.keys(trace).length, 15)
    for (const [name, value] of Object.entries(trace)) assert.equal(bytesToHex(value), vectors[name], name)
  }
  for (const side of [dialler, listener]) {
    assert.equal(bytesToHex(peerIdOf(hexToBytes(side.node_id))), side.peer_id)
    assert.equal(bytesToHex(encodeHello(decodeHello(hexToBytes(side.hello)))), side.hello)
  }
  assert.notEqual(bytesToHex(exchange(1).agreed.s2c), bytesToHex(agreed.s2c), 'a second exchange has other keys')
})

test('from the two pages alone the plain and sealed frames of session.json come out', () => {
  const { agreed } = exchange()
  const senders = { [dialler.node_id]: agreed.c2s, [listener.node_id]: agreed.s2c }
  for (const [name, type] of [['M1', TYPE.M1], ['M2', TYPE.M2], ['M3', TYPE.M3]] as const) {
    const payload = agreed.trace[name] as Uint8Array
    const header = headerOf({ type, timestamp: TIME, nodeId: hexToBytes((name === 'M2' ? listener : dialler).node_id) }, payload.length)
    assert.equal(bytesToHex(encodeFrame(header, payload)), vectors.session_frames[name], name)
  }
  for (const { name, frame } of vectors.sealed_frames) {
    const read = decodeFrame(hexToBytes(frame))
    const key = senders[bytesToHex(read.nodeId)] as Uint8Array
    const { place, plain } = openFrame(key, read)
    const privacy = (/Medium|High/.exec(name)?.[0]?.toLowerCase() ?? 'low') as Privacy
    // a payload knows its own end: here it is the last byte that is not padding
    const payload = privacy === 'low' ? plain : plain.slice(0, plain.findLastIndex(byte => byte !== 0) + 1)
    assert.equal(bytesToHex(sealFrame(key, place, read, payload, privacy)), frame, name)
  }
})


const dir = await mkdtemp(join(tmpdir(), 'tos-independent-'))
// starts while the vectors are computed
const starting = startDaemon(dir)
const ready = starting.then(async daemon => {
  const [id] = await daemon.ask('id') as [{ genesis: string }]
  return { daemon, genesis: hexToBytes(id.genesis) }
})
const peers: Peer[] = []

async function meetTosd (itsGenesis?: Uint8Array): Promise<{ readonly daemon: Daemon, readonly peer: Peer }> {
  const { daemon, genesis } = await ready
  const peer = await createPeer({ net: 'devnet', genesis: itsGenesis ?? genesis })
  peers.push(peer)
  return { daemon, peer }
}

after(async () => {
  await Promise.all(peers.map(async peer => peer.node.stop()))
  await (await starting).stop()
  await rm(dir, { recursive: true })
})

/** Two PINGs on one stream; the PONGs must come back under its number with counters of their own. */
async function ping (peer: Peer, link: Link, { epoch, stream }: { readonly epoch: number, readonly stream: number }): Promise<void> {
  const sealed = await peer.open(link, 'ping')
  for (const counter of [0n, 1n]) {
    const nonce = BigInt(`0x${bytesToHex(randomBytes(8))}`)
    sealed.send(TYPE.PING, encodePing(nonce, now()), 'low')
    const { type, plain, place } = await sealed.next()
    assert.equal(type, TYPE.PONG)
    assert.equal(nonceOf(plain, 1), nonce)
    assert.deepEqual(place, { epoch, stream, counter })
  }
  await sealed.stream.close()
}

/** `tosd ping` to the peer; how many answers it took for good. */
async function pinged (daemon: Daemon, peer: Peer): Promise<number> {
  const pongs = await daemon.ask('ping', peer.node.peerId.toString(), '--count', '2', '--interval', '1ms') as Array<{ readonly rttMs?: number }>
  return pongs.filter(({ rttMs }) => typeof rttMs === 'number').length
}

test('a stranger that knows the two pages dials tosd, agrees on keys, pings and is pinged, and renews the keys', { timeout: 20_000 }, async () => {
  const { daemon, peer } = await meetTosd()
  const link = await peer.dial(daemon.ready.addrs[0] as string)
  assert.match(link.hello.userAgent, /^tos-p2p\//)
  await ping(peer, link, { epoch: 0, stream: 1 })
  await ping(peer, link, { epoch: 0, stream: 3 })
  assert.equal(await pinged(daemon, peer), 2)
  assert.deepEqual(peer.pings.map(place => place.stream), peer.pings.map(() => 2), 'the listener counts its streams 2, 4, 6')
  await ping(peer, await peer.meet(link.connection, 1), { epoch: 1, stream: 1 })
})

test('tosd dials a stranger that knows the two pages, and its ping gets sealed answers', { timeout: 20_000 }, async () => {
  const { daemon, peer } = await meetTosd()
  await daemon.ask('peers', 'connect', peer.address())
  assert.equal(await pinged(daemon, peer), 2)
  assert.ok(peer.pings.length >= 2)
  assert.deepEqual(peer.pings, peer.pings.map((_, at) => ({ epoch: 0, stream: 1, counter: BigInt(at) })))
  const link = await peer.met(peer.node.getConnections()[0] as Connection)
  assert.match(link.hello.userAgent, /^tos-p2p\//)
  await ping(peer, link, { epoch: 0, stream: 2 })
})

test('tosd takes leave of a stranger of another genesis with reason 4', { timeout: 20_000 }, async () => {
  const { daemon, peer } = await meetTosd(new Uint8Array(32))
  await assert.rejects(peer.dial(daemon.ready.addrs[0] as string), /another genesis/)
  assert.equal(await peer.goodbye, 4)
})
