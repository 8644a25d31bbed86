import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { streamPair } from '@libp2p/utils'
import { helloSchema } from '../../src/secure/hello.ts'
import { createNodeCrypto, createSessions } from '../../src/secure/index.ts'
import type { SessionComponents, SessionService } from '../../src/secure/index.ts'
import { encode } from '../../src/wire/index.ts'
import { GOOD_HELLO } from '../support/handshake-pair.ts'
import { hostileDialler } from '../support/hostile-handshake.ts'
import { byHand, createSealedNet, dial, openByHand, seedOf } from '../support/sealed-net.ts'
import type { HandStream } from '../support/sealed-net.ts'
import { until } from '../support/until.ts'

const net = createSealedNet({ connections: 100 })
after(() => net.stop())
const crypto = createNodeCrypto()
const [M1, M3] = [0x7f01, 0x7f03]
const FIRST = Buffer.concat([crypto.x25519KeyPair().publicKey, crypto.kemKeyPair().publicKey])
const hello = encode(helloSchema, GOOD_HELLO)
// making a thousand would take longer than the attack
const key = await generateKeyPair('Ed25519')
const localKey = await generateKeyPair('Ed25519')
const localPeer = peerIdFromPrivateKey(localKey)

interface Arrival { readonly connection: Connection, stream (): Promise<HandStream> }
interface Besieged { readonly service: SessionService, readonly refused: Array<[Connection, string]>, arrive (direction?: 'inbound' | 'outbound'): Promise<Arrival>, leave (): void, expire (): void }

/** The session service itself, with connections that exist in this process only: a thousand of them cost no sockets. */
async function besieged (maxHandshakes?: number): Promise<Besieged> {
  const refused: Besieged['refused'] = []
  const timers = new Set<() => void>()
  const events = new EventTarget()
  const connections: Connection[] = []
  let handler: (stream: Stream, connection: Connection) => void = () => {}
  const sessions = createSessions({
    network: 'devnet', genesis: GOOD_HELLO.genesis, hello: () => GOOD_HELLO, ...(maxHandshakes === undefined ? {} : { maxHandshakes }),
    schedule: run => { timers.add(run); return () => { timers.delete(run) } },
    refused: (connection, error) => { refused.push([connection, error.code]) }
  })
  const service = sessions.service({
    peerId: localPeer, privateKey: localKey, events,
    registrar: { handle: async (_id: string, given: typeof handler) => { handler = given }, unhandle: async () => {} },
    connectionManager: { getConnections: () => [] }
  } as unknown as SessionComponents)
  await service.start()
  return {
    service, refused,
    expire: () => { for (const run of Array.from(timers)) if (timers.delete(run)) run() },
    leave: () => { for (const connection of connections) events.dispatchEvent(new CustomEvent('connection:close', { detail: connection })) },
    async arrive (direction = 'inbound') {
      const connection = { remotePeer: peerIdFromPrivateKey(key), direction, status: 'open', newStream: () => new Promise(() => {}) } as unknown as Connection
      connections.push(connection)
      events.dispatchEvent(new CustomEvent('connection:open', { detail: connection }))
      return {
        connection,
        async stream () {
          const [near, far] = await streamPair({ delay: 0, capacity: 1 << 20 })
          handler(far as unknown as Stream, connection)
          return byHand(near as unknown as Stream, { node: { peerId: connection.remotePeer } as never })
        }
      }
    }
  }
}

/** Handshakes honestly. */
async function honest ({ connection, stream }: Arrival): Promise<void> {
  const parties = { network: 'devnet', dialler: connection.remotePeer.toMultihash().bytes, listener: localPeer.toMultihash().bytes, epoch: 0 }
  const dialler = hostileDialler(crypto, parties, seedOf(key), hello)
  const frames = await stream()
  frames.frame({ type: M1, payload: dialler.m1 })
  frames.frame({ type: M3, payload: dialler.finish((await frames.next()).payload).m3 })
}

test('a thousand handshakes at once: 128 are under way, the oldest go first, and honest ones come through', async () => {
  const node = await besieged()
  const crowd: Connection[] = []
  let [most, guests] = [0, 0]
  for (let n = 0; n < 1000; n++) {
    const arrival = await node.arrive()
    if (n % 100 === 99) {
      await honest(arrival)
      await node.service.ready(arrival.connection)
      guests++
    } else {
      crowd.push(arrival.connection)
      const stream = await arrival.stream()
      // some speak and leave the rest to us, which is the dear part; the others are silent
      if (n % 25 === 0) { stream.frame({ type: M1, payload: FIRST }); await stream.next() }
    }
    most = Math.max(most, node.service.dump?.()['answering'] as number)
  }
  assert.equal(most, 128)
  assert.equal(guests, 10)
  assert.deepEqual(node.refused.map(([, code]) => code), Array.from({ length: node.refused.length }, () => 'BUSY'))
  assert.deepEqual(node.refused.map(([connection]) => connection), crowd.slice(0, node.refused.length), 'in the order of their coming')
  // an honest one is no longer in the way when the next comes, so it may have cost one of the crowd its place
  assert.ok(node.refused.length - (crowd.length - 128) <= guests && node.refused.length >= crowd.length - 128)
  node.expire()
  assert.equal(node.refused.length, crowd.length, 'the rest ran out of time')
  assert.equal(node.service.dump()['answering'], 0)
  node.leave()
  assert.deepEqual(node.service.dump(), { connections: 0, sessions: 0, epochs: 0, waiting: 0, answering: 0 })
  await node.service.stop()
})

test('streams that cannot be a handshake take no honest one’s place', async () => {
  const node = await besieged(2)
  for (let n = 0; n < 2; n++) await (await node.arrive()).stream()
  await (await node.arrive('outbound')).stream()
  assert.deepEqual(node.refused.map(([, code]) => code), [])
  await node.service.stop()
})

test('the same over real connections: the table stays small, and a real dialler comes through between', async () => {
  const victim = await net.sealed({ maxHandshakes: 8 })
  const attacker = await net.plain()
  const streams: HandStream[] = []
  for (let n = 0; n < 14; n++) {
    const stream = await openByHand(await dial(attacker, victim), attacker)
    streams.push(stream)
    stream.frame({ type: M1, payload: FIRST })
    assert.ok((victim.node.services.session.dump()['answering'] as number) <= 8)
    if (n === 13) {
      const guest = await net.sealed()
      const connection = await dial(guest, victim)
      assert.equal((await guest.node.services.session.ready(connection)).epoch, 0)
      assert.equal(await guest.ask(victim, 'through'), 'through')
      await guest.node.stop()
    }
  }
  assert.equal(victim.refused.filter(code => code === 'BUSY').length, victim.refused.length)
  assert.ok(victim.refused.length >= 6)
  victim.expire()
  await attacker.node.stop()
  await until(() => victim.node.getConnections().length === 0)
  assert.deepEqual(victim.node.services.session.dump(), { connections: 0, sessions: 0, epochs: 0, waiting: 0, answering: 0 })
})
