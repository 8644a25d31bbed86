import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { GOODBYE, GOODBYE_REASON } from '../../protocols/index.ts'
import type { FrameCodec } from '../../src/frame/index.ts'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { decodePayload, sealedCarriers } from '../../src/protocol/index.ts'
import { helloSchema } from '../../src/secure/hello.ts'
import { createNodeCrypto } from '../../src/secure/index.ts'
import { encode } from '../../src/wire/index.ts'
import { GOOD_HELLO } from '../support/handshake-pair.ts'
import { hostileDialler } from '../support/hostile-handshake.ts'
import { byHand, createSealedNet, dial, ECHO_ID, gone, openByHand, seedOf, SESSION_ID } from '../support/sealed-net.ts'
import type { HandStream } from '../support/sealed-net.ts'
import { framesOf, tap } from '../support/wire-capture.ts'

const net = createSealedNet()
const noisy = createSealedNet({ noisy: true })
const nodes: TosNode[] = []
const closing: Array<() => Promise<void>> = []
after(async () => {
  await net.stop()
  await noisy.stop()
  for (const close of closing) await close()
  await Promise.all(nodes.map(async node => { await node.stop() }))
})

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true, ...options })
  nodes.push(node)
  return node
}
const PING = { userAgent: 'x', services: 0n, timestamp: 0n }
/** Bytes that were received by handlers of `ids`, and a peer that serves them with noise. */
async function forger (ids: readonly string[]): Promise<{ address: Multiaddr[], peerId: TosNode['peerId'], received: () => number }> {
  const { node } = await noisy.plain()
  let received = 0
  for (const id of ids) await node.handle(id, (stream: Stream) => { stream.addEventListener('message', ({ data }) => { received += data.byteLength }) })
  return { address: node.getMultiaddrs(), peerId: node.peerId, received: () => received }
}

test('a peer that offers plain twins only gets nothing from a node in its default configuration', async () => {
  const node = await start()
  const plain = await forger(['/tos/devnet/plain/ping/1.0.0', '/tos/devnet/plain/transactions/1.0.0'])
  const connection = await node.dial(plain.address)
  await assert.rejects(node.services.tosPing.request(plain.peerId, PING), { code: 'PROTOCOL_UNSUPPORTED' })
  await assert.rejects(node.services.transactions.request(plain.peerId, { txHashes: [new Uint8Array(32)], includeProof: false }), { code: 'PROTOCOL_UNSUPPORTED' })
  assert.equal(plain.received(), 0)
  assert.equal(node.services.session.of(connection), undefined)
  assert.equal(connection.status, 'open')
  assert.equal(node.services.session.dump?.()['sessions'], 0)
})

test('a peer that offers the sealed ids without any session gets not one byte of a request', async () => {
  for (const isPlain of [false, true]) {
    const node = await start({ plain: isPlain })
    const liar = await forger(['/tos/devnet/ping/1.0.0', '/tos/devnet/plain/ping/1.0.0'])
    await node.dial(liar.address)
    await assert.rejects(node.services.tosPing.request(liar.peerId, PING), { code: 'NO_SESSION' })
    assert.equal(liar.received(), 0, `plain: ${isPlain}`)
  }
})

test('plain on both ends still prefers sealed; only a peer without the sealed id is asked in the clear', async () => {
  const [one, two] = [await start({ plain: true }), await start({ plain: true })]
  const connection = await one.dial(two.getMultiaddrs())
  await one.services.tosPing.request(two.peerId, PING)
  const ids = connection.streams.map(({ protocol }) => protocol)
  assert.ok(ids.includes('/tos/devnet/ping/1.0.0'))
  assert.equal(ids.some(id => id.includes('/plain/')), false)
  assert.ok((one.services.session.of(connection)?.frames ?? 0) >= 2)
})

/** Both ends sealed, with a man in the middle who rewrites what they offer each other; below them is no encryption to stop him. */
async function meddled (change: (text: string) => string): Promise<{ code: string, sessions: number, tosFrames: number }> {
  const [a, b] = [await net.sealed(), await net.sealed()]
  const man = await tap(b.node.getMultiaddrs()[0] as Multiaddr, bytes => Buffer.from(change(bytes.toString('latin1')), 'latin1'))
  closing.push(() => man.close())
  await a.node.dial(man.address)
  const code = await a.ask(b, 'a secret').then(() => 'answered', (error: { code: string }) => error.code)
  const [wire] = man.connections
  const seen = framesOf(wire?.toListener ?? []).filter(({ type }) => type >= 0x8000)
  assert.equal(Buffer.concat(wire?.toListener ?? []).includes('a secret'), false)
  return { code, sessions: (a.node.services.session.dump()['sessions'] as number) + (b.node.services.session.dump()['sessions'] as number), tosFrames: seen.length }
}

test('a man in the middle who lets all pass: the control', async () => {
  assert.deepEqual(await meddled(text => text), { code: 'answered', sessions: 2, tosFrames: 1 })
})

test('a man in the middle who strips the session from the offer leaves no session, no request and no plain frame', async () => {
  const other = SESSION_ID.replace('session', 'sessi0n')
  assert.deepEqual(await meddled(text => text.replaceAll(SESSION_ID, other)), { code: 'NO_SESSION', sessions: 0, tosFrames: 0 })
})

test('a man in the middle who strips the sealed protocol brings nobody to its plain twin', async () => {
  const other = ECHO_ID.replace('echo', 'ech0')
  const { code, tosFrames } = await meddled(text => text.replaceAll(ECHO_ID, other))
  assert.deepEqual([code, tosFrames], ['PROTOCOL_UNSUPPORTED', 0])
})

test('a man in the middle who changes the handshake ends the connection: no session on either side', async () => {
  let seen = 0
  // the types of the handshake frames, and then a byte in the middle of the first key
  const swapped = await meddled(text => text.replace('TOSN\x01\x00\x01\x7f', 'TOSN\x01\x00\x03\x7f'))
  assert.deepEqual([swapped.sessions, swapped.tosFrames], [0, 0])
  const flipped = await meddled(text => {
    const at = text.indexOf('TOSN\x01\x00\x02\x7f')
    if (at < 0 || seen++ > 0) return text
    return `${text.slice(0, at + 100)}${String.fromCharCode(text.charCodeAt(at + 100) ^ 1)}${text.slice(at + 101)}`
  })
  assert.deepEqual([flipped.sessions, flipped.tosFrames, seen], [0, 0, 1])
})

test('a third party’s protocol is sealed under its own id, and only what tells why there is no session is plain', async () => {
  const { kernel } = await net.sealed()
  assert.deepEqual(['/shop/orders/1.0.0', '/tos/{net}/votes/1.0.0'].map(id => kernel.idsOf(id)), [['/shop/orders/1.0.0'], ['/tos/devnet/votes/1.0.0']])
  const codec = (id: string): unknown => sealedCarriers({ codec: () => { throw new Error('asked for a session') } }, Date.now)(id)[0]?.codec({} as Stream, { remotePeer: nodes[0]?.peerId } as Connection, nodes[0]?.peerId as PeerId)
  for (const id of ['/shop/orders/1.0.0', '/tos/devnet/votes/1.0.0', '/tos/devnet/goodbyes/1.0.0', '/shop/plain/1.0.0', '/shop/tos/devnet/plain/x/1.0.0']) assert.throws(() => codec(id), /asked for a session/, id)
  assert.equal((codec('/tos/devnet/goodbye/1.0.0') as FrameCodec).padding, 'none')
})

const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true })
nodes.push(node)
const crypto = createNodeCrypto()
const [M1, M3] = [0x7f01, 0x7f03]
const hello = (genesis: Uint8Array): Uint8Array => encode(helloSchema, { ...GOOD_HELLO, genesis })
const seconds = (shift: number): bigint => BigInt(Math.floor(Date.now() / 1000) + shift)

type Dialler = ReturnType<typeof hostileDialler>
const CASES: Array<[string, Uint8Array, (stream: HandStream, dialler: Dialler) => void | Promise<void>, number]> = [
  ['another genesis', hello(new Uint8Array(32)), async (stream, dialler) => {
    stream.frame({ type: M1, payload: dialler.m1 })
    stream.frame({ type: M3, payload: dialler.finish((await stream.next()).payload).m3 })
  }, GOODBYE_REASON.genesisMismatch],
  ['a clock that is 302 s slow', hello(node.tos.ledger.genesis), (stream, { m1 }) => { stream.frame({ type: M1, payload: m1, timestamp: seconds(-302) }) }, GOODBYE_REASON.clockSkew],
  ['another header version', hello(node.tos.ledger.genesis), stream => { stream.write(Buffer.concat([Buffer.from('TOSN'), Buffer.from([2, 0]), new Uint8Array(54)])) }, GOODBYE_REASON.incompatibleVersion],
  ['a wrong seal', hello(node.tos.ledger.genesis), async (stream, { m1 }) => {
    stream.frame({ type: M1, payload: m1 })
    await stream.next()
    stream.frame({ type: M3, payload: new Uint8Array(200) })
  }, GOODBYE_REASON.sessionFailed],
  ['a mis-encoded key', hello(node.tos.ledger.genesis), stream => { stream.frame({ type: M1, payload: new Uint8Array(1216).fill(255) }) }, GOODBYE_REASON.sessionFailed],
  ['a message out of turn', hello(node.tos.ledger.genesis), stream => { stream.frame({ type: M3, payload: new Uint8Array(200) }) }, GOODBYE_REASON.sessionFailed]
]

for (const [what, body, act, reason] of CASES) {
  test(`${what}: one GOODBYE with reason ${reason}, on the same connection, which then closes`, async () => {
    const key = await generateKeyPair('Ed25519')
    const peer = await noisy.plain(key)
    const said: number[] = []
    await peer.node.handle('/tos/devnet/goodbye/1.0.0', async stream => {
      const frames = byHand(stream, peer)
      const { type, payload } = await frames.next()
      assert.equal(type, GOODBYE.code)
      said.push(decodePayload(GOODBYE, payload).reason)
      await stream.close()
    })
    const connection = await dial(peer, { node })
    const parties = { network: 'devnet', dialler: peer.node.peerId.toMultihash().bytes, listener: node.peerId.toMultihash().bytes, epoch: 0 }
    await act(await openByHand(connection, peer), hostileDialler(crypto, parties, seedOf(key), body))
    await gone(connection)
    assert.deepEqual(said, [reason])
    assert.equal(node.getConnections(peer.node.peerId).length, 0, 'nor did it dial us to say it')
  })
}
