import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Libp2p, PrivateKey } from '@libp2p/interface'
import { helloSchema } from '../../src/secure/hello.ts'
import { createNodeCrypto } from '../../src/secure/node-crypto.ts'
import { encode } from '../../src/wire/index.ts'
import { GOOD_HELLO } from '../support/handshake-pair.ts'
import { hostileDialler, hostileM2 } from '../support/hostile-handshake.ts'
import { byHand, createSealedNet, dial, ECHO_ID, gone, openByHand, seedOf, SESSION_ID } from '../support/sealed-net.ts'
import type { HandStream, SealedNode } from '../support/sealed-net.ts'
import { until } from '../support/until.ts'

const net = createSealedNet()
after(() => net.stop())
const crypto = createNodeCrypto()
const HELLO = encode(helloSchema, GOOD_HELLO)
const EMPTY = { sessions: 0, epochs: 0, waiting: 0, answering: 0 }
/** The `/p2p/…` part of an address. */
const P2P_CODE = 421
const [M1, M2, M3] = [0x7f01, 0x7f02, 0x7f03]

/** A peer that handshakes by hand with `victim`, who listens. */
interface Hand { node: Libp2p, connection: Connection, stream: HandStream, dialler: ReturnType<typeof hostileDialler>, refused: Promise<string> }
async function hand (victim: SealedNode, hello: Uint8Array = HELLO): Promise<Hand> {
  const key = await generateKeyPair('Ed25519')
  const { node } = await net.plain(key)
  const refused = victim.nextRefusal()
  const connection = await dial({ node }, victim)
  const parties = { network: 'devnet', dialler: node.peerId.toMultihash().bytes, listener: victim.node.peerId.toMultihash().bytes, epoch: 0 }
  return { node, connection, refused, stream: await openByHand(connection, { node }), dialler: hostileDialler(crypto, parties, seedOf(key), hello) }
}

/** A listener by hand that `victim` dials; `answer` gets the session stream. */
async function trap (answer: (stream: HandStream, m2: (m1: Uint8Array) => Uint8Array) => void | Promise<void>, victim: SealedNode, privateKey?: PrivateKey): Promise<Connection> {
  const key = privateKey ?? await generateKeyPair('Ed25519')
  const trapped = await net.plain(key)
  const parties = { network: 'devnet', dialler: victim.node.peerId.toMultihash().bytes, listener: trapped.node.peerId.toMultihash().bytes, epoch: 0 }
  await trapped.node.handle(SESSION_ID, stream => { void answer(byHand(stream, trapped), m1 => hostileM2(crypto, parties, seedOf(key), HELLO, m1)) })
  return dial(victim, trapped)
}

test('the hand-made peer handshakes as a real one does, so what follows fails for its own reason', async () => {
  const victim = await net.sealed()
  const { stream, dialler, node } = await hand(victim)
  stream.frame({ type: M1, payload: dialler.m1 })
  const { type, payload } = await stream.next()
  assert.equal(type, M2)
  stream.frame({ type: M3, payload: dialler.finish(payload).m3 })
  assert.equal((await victim.node.services.session.ready(victim.connection())).hello.userAgent, 'test/1')
  await node.stop()
  await until(() => victim.node.getConnections().length === 0)
  assert.deepEqual(victim.node.services.session.dump(), { connections: 0, ...EMPTY })
})

const WRONG_FIRST: Record<string, [(peer: Hand) => void, string]> = {
  'M3 first': [({ stream }) => { stream.frame({ type: M3, payload: new Uint8Array(200) }) }, 'HANDSHAKE_FAILED'],
  'M2 first': [({ stream }) => { stream.frame({ type: M2, payload: new Uint8Array(1300) }) }, 'HANDSHAKE_FAILED'],
  'another type': [({ stream }) => { stream.frame({ type: 1, payload: new Uint8Array(4) }) }, 'UNKNOWN_TYPE'],
  'M1 beyond its cap': [({ stream }) => { stream.frame({ type: M1, payload: new Uint8Array(1217) }) }, 'MESSAGE_TOO_LARGE'],
  'M1 too short': [({ stream }) => { stream.frame({ type: M1, payload: new Uint8Array(1215) }) }, 'HANDSHAKE_FAILED'],
  'an M1 of zeros': [({ stream }) => { stream.frame({ type: M1, payload: new Uint8Array(1216) }) }, 'HANDSHAKE_FAILED'],
  'an M1 with a wrong checksum': [({ stream, dialler }) => { stream.frame({ type: M1, payload: dialler.m1, checksum: 0n }) }, 'HANDSHAKE_FAILED'],
  'an M1 in the name of another': [({ stream, dialler }) => { stream.frame({ type: M1, payload: dialler.m1, nodeId: new Uint8Array(32) }) }, 'WRONG_NODE_ID'],
  'an M1 from 301 s ago': [({ stream, dialler }) => { stream.frame({ type: M1, payload: dialler.m1, timestamp: BigInt(Math.floor(Date.now() / 1000) - 302) }) }, 'CLOCK_SKEW'],
  'an M1 from 301 s ahead': [({ stream, dialler }) => { stream.frame({ type: M1, payload: dialler.m1, timestamp: BigInt(Math.floor(Date.now() / 1000) + 302) }) }, 'CLOCK_SKEW'],
  'two M1 at once': [({ stream, dialler }) => { for (let i = 0; i < 2; i++) stream.frame({ type: M1, payload: dialler.m1 }) }, 'HANDSHAKE_FAILED'],
  'noise': [({ stream }) => { stream.write(new Uint8Array(60).fill(7)) }, 'WRONG_MAGIC'],
  'another header version': [({ stream }) => { stream.write(Buffer.concat([Buffer.from('TOSN'), Buffer.from([2, 0]), new Uint8Array(54)])) }, 'INCOMPATIBLE_VERSION'],
  'half an M1 and the end': [({ stream, dialler }) => { stream.write(Buffer.from('TOSN'), dialler.m1.subarray(0, 2)); stream.stream.close().catch(() => {}) }, 'TRUNCATED'],
  'nothing and the end': [({ stream }) => { stream.stream.close().catch(() => {}) }, 'HANDSHAKE_FAILED'],
  'nothing and a reset': [({ stream }) => { stream.stream.abort(new Error('reset')) }, 'STREAM_CLOSED']
}

test('whatever is wrong with the first message, the listener refuses it once and keeps nothing', async () => {
  // each victim meets several in a row; the victims side by side, for a refused connection is given time to end
  const cases = Object.entries(WRONG_FIRST)
  await Promise.all([0, 1, 2, 3].map(async nth => {
    const mine = cases.filter((_, i) => i % 4 === nth)
    const victim = await net.sealed()
    for (const [what, [act, code]] of mine) {
      const peer = await hand(victim)
      act(peer)
      assert.equal(await peer.refused, code, what)
      await gone(peer.connection)
      await until(() => victim.node.getConnections().length === 0)
      assert.deepEqual(victim.node.services.session.dump(), { connections: 0, ...EMPTY }, what)
      await peer.node.stop()
    }
    assert.deepEqual(victim.refused, mine.map(([, [, code]]) => code))
  }))
})

test('after M1 the listener takes M3 and nothing else', async () => {
  const victim = await net.sealed()
  const after: Record<string, [(peer: Hand, m2: Uint8Array) => void, string]> = {
    'M1 again': [({ stream, dialler }) => { stream.frame({ type: M1, payload: dialler.m1 }) }, 'HANDSHAKE_FAILED'],
    'M2 back': [({ stream }, m2) => { stream.frame({ type: M2, payload: m2 }) }, 'HANDSHAKE_FAILED'],
    'a forged M3': [({ stream }) => { stream.frame({ type: M3, payload: new Uint8Array(200) }) }, 'HANDSHAKE_FAILED'],
    'the end': [({ stream }) => { stream.stream.close().catch(() => {}) }, 'HANDSHAKE_FAILED']
  }
  for (const [what, [act, code]] of Object.entries(after)) {
    const peer = await hand(victim)
    peer.stream.frame({ type: M1, payload: peer.dialler.m1 })
    act(peer, (await peer.stream.next()).payload)
    assert.equal(await peer.refused, code, what)
    await gone(peer.connection)
    await peer.node.stop()
  }
})

test('a recorded handshake played to the same listener anew gets no session', async () => {
  const victim = await net.sealed()
  const honest = await hand(victim)
  honest.stream.frame({ type: M1, payload: honest.dialler.m1 })
  const { m3 } = honest.dialler.finish((await honest.stream.next()).payload)
  honest.stream.frame({ type: M3, payload: m3 })
  await victim.node.services.session.ready(victim.connection())
  // by somebody else, and by the same peer on a second connection
  for (const from of [await net.plain(), { node: honest.node }]) {
    const refused = victim.nextRefusal()
    const stream = await openByHand(await dial(from, victim), from)
    stream.frame({ type: M1, payload: honest.dialler.m1 })
    await stream.next()
    stream.frame({ type: M3, payload: m3 })
    assert.equal(await refused, 'HANDSHAKE_FAILED')
  }
  assert.equal(victim.node.services.session.dump()['sessions'], 1)
})

test('a dialler refuses a listener that answers wrongly, whatever is wrong', async () => {
  const wrong: Record<string, [(stream: HandStream, m2: (m1: Uint8Array) => Uint8Array) => void | Promise<void>, string]> = {
    'M1 back': [async stream => { stream.frame({ type: M1, payload: (await stream.next()).payload }) }, 'HANDSHAKE_FAILED'],
    'M3 for M2': [async stream => { await stream.next(); stream.frame({ type: M3, payload: new Uint8Array(200) }) }, 'HANDSHAKE_FAILED'],
    'M2 for another M1': [async (stream, m2) => { await stream.next(); stream.frame({ type: M2, payload: m2(Buffer.concat([crypto.x25519KeyPair().publicKey, crypto.kemKeyPair().publicKey])) }) }, 'HANDSHAKE_FAILED'],
    'an unknown type': [async stream => { await stream.next(); stream.frame({ type: 9, payload: new Uint8Array(9) }) }, 'UNKNOWN_TYPE'],
    'another version': [async stream => { await stream.next(); stream.write(Buffer.concat([Buffer.from('TOSN'), Buffer.from([0, 1]), new Uint8Array(54)])) }, 'INCOMPATIBLE_VERSION'],
    'another clock': [async (stream, m2) => { stream.frame({ type: M2, payload: m2((await stream.next()).payload), timestamp: 1n }) }, 'CLOCK_SKEW'],
    'the end': [async stream => { await stream.next(); await stream.stream.close() }, 'HANDSHAKE_FAILED'],
    'a reset': [stream => { stream.stream.abort(new Error('no')) }, 'STREAM_CLOSED']
  }
  await Promise.all(Object.entries(wrong).map(async ([what, [answer, code]]) => {
    const victim = await net.sealed()
    const refused = victim.nextRefusal()
    const connection = await trap(answer, victim)
    assert.equal(await refused, code, what)
    await gone(connection)
    assert.deepEqual(victim.refused, [code], what)
  }))
})

test('a dialler whose handshake fails tells those who wait for the session why', async () => {
  const victim = await net.sealed()
  const connection = await trap(async stream => { await stream.next(); stream.frame({ type: M2, payload: new Uint8Array(1300).fill(3) }) }, victim)
  await assert.rejects(victim.node.services.session.ready(connection), { code: 'HANDSHAKE_FAILED' })
})

test('another genesis: each side refuses the other with the code, and neither has a session', async () => {
  const other = encode(helloSchema, { ...GOOD_HELLO, genesis: new Uint8Array(32) })
  const victim = await net.sealed()
  const peer = await hand(victim, other)
  peer.stream.frame({ type: M1, payload: peer.dialler.m1 })
  peer.stream.frame({ type: M3, payload: peer.dialler.finish((await peer.stream.next()).payload).m3 })
  assert.equal(await peer.refused, 'GENESIS_MISMATCH')
  await gone(peer.connection)
  // and when we dialled: hand-made nodes of the other chain on both ends
  const stranger = await net.sealed({ genesis: new Uint8Array(32), hello: () => GOOD_HELLO })
  const refused = victim.nextRefusal()
  const connection = await dial(victim, stranger)
  assert.equal(await refused, 'GENESIS_MISMATCH')
  await gone(connection)
  assert.equal(victim.node.services.session.of(connection), undefined)
  assert.equal(victim.node.services.session.dump()['sessions'], 0)
})

test('silence before M1, after M1 and after M2 ends in the time-out, and only then', async () => {
  const victim = await net.sealed()
  const peer = await hand(victim)
  await until(() => victim.node.services.session.dump()['answering'] === 1)
  assert.deepEqual(victim.refused, [])
  victim.expire()
  assert.equal(await peer.refused, 'HANDSHAKE_TIMEOUT', 'a session stream without M1')
  await gone(peer.connection)

  const second = await hand(victim)
  second.stream.frame({ type: M1, payload: second.dialler.m1 })
  await second.stream.next()
  victim.expire()
  assert.equal(await second.refused, 'HANDSHAKE_TIMEOUT', 'no M3')
  await gone(second.connection)
  await until(() => victim.node.getConnections().length === 0)
  assert.deepEqual(victim.node.services.session.dump(), { connections: 0, ...EMPTY })

  const asked = Promise.withResolvers<void>()
  const refused = victim.nextRefusal()
  const connection = await trap(async stream => { await stream.next(); asked.resolve() }, victim)
  await asked.promise
  const waits = assert.rejects(victim.node.services.session.ready(connection), { code: 'HANDSHAKE_TIMEOUT' })
  victim.expire()
  assert.equal(await refused, 'HANDSHAKE_TIMEOUT', 'no M2')
  await waits
})

test('a peer whose connection breaks in the middle of a handshake is not refused: it is gone', async () => {
  const victim = await net.sealed()
  const peer = await hand(victim)
  peer.stream.frame({ type: M1, payload: peer.dialler.m1 })
  await peer.stream.next()
  peer.connection.abort(new Error('gone'))
  await until(() => victim.node.getConnections().length === 0)
  assert.deepEqual(victim.node.services.session.dump(), { connections: 0, ...EMPTY })
  assert.deepEqual(victim.refused, [])
})

test('a second handshake while one is under way ends the connection', async () => {
  const victim = await net.sealed()
  const peer = await hand(victim)
  peer.stream.frame({ type: M1, payload: peer.dialler.m1 })
  await peer.stream.next()
  const again = await openByHand(peer.connection, peer)
  again.frame({ type: M1, payload: peer.dialler.m1 })
  assert.equal(await peer.refused, 'HANDSHAKE_FAILED')
  await gone(peer.connection)
  await until(() => victim.node.getConnections().length === 0)
  assert.deepEqual(victim.node.services.session.dump(), { connections: 0, ...EMPTY })
})

test('only the side that dialled begins a handshake: the other one’s stream is reset, the session stays', async () => {
  const victim = await net.sealed()
  const listener = await net.sealed()
  const connection = await dial(victim, listener)
  await victim.node.services.session.ready(connection)
  const stream = await openByHand(listener.connection(), listener)
  stream.frame({ type: M1, payload: new Uint8Array(1216) })
  assert.match(String(await stream.closed), /reset/i)
  assert.equal(await victim.ask(listener, 'still'), 'still')
  assert.equal(victim.node.services.session.of(connection)?.epoch, 0)
  assert.deepEqual(victim.node.services.session.dump(), { connections: 1, sessions: 1, epochs: 1, waiting: 0, answering: 0 })
})

test('a connection that was refused gets no session any more, however it tries', async () => {
  const open: Connection[] = []
  // the last word takes its time: until then the connection stands
  const victim = await net.sealed({ refused: connection => { open.push(connection) } })
  const peer = await hand(victim, encode(helloSchema, { ...GOOD_HELLO, genesis: new Uint8Array(32) }))
  peer.stream.frame({ type: M1, payload: peer.dialler.m1 })
  peer.stream.frame({ type: M3, payload: peer.dialler.finish((await peer.stream.next()).payload).m3 })
  assert.equal(await peer.refused, 'GENESIS_MISMATCH')
  const again = await openByHand(peer.connection, peer)
  again.frame({ type: M1, payload: peer.dialler.m1 })
  assert.match(String(await again.closed), /reset/i)
  assert.equal(victim.node.services.session.of(victim.connection()), undefined)
  for (const connection of open) connection.abort(new Error('done'))
})

test('a node that meets its own identity has no connection to it: libp2p refuses it before we do', async () => {
  const key = await generateKeyPair('Ed25519')
  const [one, two] = [await net.sealed({}, key), await net.sealed({}, key)]
  await assert.rejects(one.node.dial(two.node.getMultiaddrs().map(address => address.decapsulateCode(P2P_CODE))), /dial self/)
  await until(() => one.node.getConnections().length + two.node.getConnections().length === 0)
  for (const { node } of [one, two]) assert.deepEqual(node.services.session.dump(), { connections: 0, ...EMPTY })
})

test('a peer without TOS stays connected, whoever dialled; a sealed stream to it or from it fails with NO_SESSION in bounded time', async () => {
  const victim = await net.sealed()
  const plain = await net.plain()
  const connection = await dial(plain, victim)
  await until(() => victim.node.getConnections().length === 1)
  // it opens a sealed stream without ever making a session
  const stream = await openByHand(connection, plain, ECHO_ID)
  stream.frame({ type: 0x8001, payload: new Uint8Array(40) })
  await until(() => victim.node.services.session.dump()['waiting'] === 1)
  assert.equal(victim.node.services.echo.dump()['waiting'], 1)
  victim.expire()
  assert.match(String(await stream.closed), /reset/i)
  await until(() => victim.node.services.echo.dump()['waiting'] === 0)
  assert.equal(victim.kernel.incidents.counts.get('NO_SESSION'), 1)
  assert.deepEqual(victim.node.services.session.dump(), { connections: 1, ...EMPTY })
  await assert.rejects(victim.ask(plain, 'x'), { code: 'PROTOCOL_UNSUPPORTED' })
  assert.deepEqual([victim.refused, connection.status], [[], 'open'])
  // having said nothing for long, it may still begin
  const late = await openByHand(connection, plain)
  late.frame({ type: M1, payload: new Uint8Array(1216) })
  await gone(connection)
  assert.deepEqual(victim.refused, ['HANDSHAKE_FAILED'])
})

for (const type of ['secp256k1', 'RSA'] as const) {
  test(`a ${type} identity has no node id: no session, no sealed stream, and it stays connected`, async () => {
    const victim = await net.sealed()
    const stranger = await net.plain(type === 'RSA' ? await generateKeyPair('RSA', 2048) : await generateKeyPair('secp256k1'))
    const connection = await dial(stranger, victim)
    for (const id of [SESSION_ID, ECHO_ID]) {
      const stream = await openByHand(connection, stranger, id)
      stream.frame({ type: M1, payload: new Uint8Array(1216), nodeId: new Uint8Array(32) })
      assert.match(String(await stream.closed), /reset/i, id)
    }
    await assert.rejects(victim.node.services.session.ready(victim.connection()), { code: 'NO_NODE_ID' })
    assert.deepEqual([victim.refused, connection.status], [[], 'open'])
    assert.deepEqual(victim.node.services.session.dump(), { connections: 1, ...EMPTY })
  })
}
