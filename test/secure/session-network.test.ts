import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Libp2p } from '@libp2p/interface'
import { plaintext } from '@libp2p/plaintext'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { createKernel, defineProtocol } from '../../src/protocol/index.ts'
import type { ProtocolService } from '../../src/protocol/index.ts'
import { createSessions } from '../../src/secure/index.ts'
import type { SessionService, SessionsOptions } from '../../src/secure/index.ts'
import type { TosError } from '../../src/errors/index.ts'
import { string, struct } from '../../src/wire/index.ts'

interface Text { readonly text: string }
const schema = struct({ text: string(4096) })
const echo = defineProtocol<Text, Text>({
  id: '/tos/{net}/echo/1.0.0', types: { request: 0x8001, response: 0x8002 }, request: schema, response: schema,
  limits: { perPeer: { count: 1e9, perMs: 1000 }, timeoutMs: 5000 }, handle: request => request
})

type Services = { session: SessionService, echo: ProtocolService<Text, Text> }
type Sealed = { node: Libp2p<Services>, refused: TosError[], sessions: number[] }
const nodes: Libp2p[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

const GENESIS = new Uint8Array(32).fill(9)
const base = { addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], streamMuxers: [yamux()], connectionEncrypters: [plaintext()], connectionMonitor: { enabled: false } }

async function sealed (options: Partial<SessionsOptions> = {}): Promise<Sealed> {
  const refused: TosError[] = []
  const epochs: number[] = []
  const sessions = createSessions({
    network: 'devnet', genesis: GENESIS, hello: () => ({ nodeType: 0, services: 1n, height: 7n, tips: [], userAgent: 'test/1' }),
    refused: (connection, error) => { refused.push(error); connection.abort(error) },
    opened: (_connection, { epoch }) => { epochs.push(epoch) },
    ...options
  })
  const kernel = createKernel({ network: options.network ?? 'devnet', sessions })
  const node = await createLibp2p({ ...base, privateKey: await generateKeyPair('Ed25519'), services: { session: sessions.service, echo: kernel.mount(echo) } })
  nodes.push(node)
  return { node: node as unknown as Libp2p<Services>, refused, sessions: epochs }
}

const dial = async (from: Sealed | { node: Libp2p }, to: { node: Libp2p }): Promise<Connection> => from.node.dial(to.node.getMultiaddrs())
const inbound = ({ node }: { node: Libp2p }): Connection => node.getConnections()[0] as Connection

test('two nodes agree on a session, requests run both ways, and both export the same key', async () => {
  const [a, b] = [await sealed(), await sealed()]
  const connection = await dial(a, b)
  assert.deepEqual(await a.node.services.echo.request(b.node.peerId, { text: 'to the listener' }), { text: 'to the listener' })
  assert.deepEqual(await b.node.services.echo.request(a.node.peerId, { text: 'to the dialler' }), { text: 'to the dialler' })
  const info = a.node.services.session.of(connection)
  assert.equal(info?.role, 'dialler')
  assert.equal(info?.epoch, 0)
  assert.equal(info?.hello.userAgent, 'test/1')
  assert.equal(info?.frames, 4)
  const keys = [a.node.services.session.export(connection, 'x', new Uint8Array(1), 16), b.node.services.session.export(inbound(b), 'x', new Uint8Array(1), 16)]
  assert.deepEqual(keys[0], keys[1])
})

test('fresh keys: nothing under way is lost, and later requests run on the new epoch', async () => {
  const [a, b] = [await sealed(), await sealed()]
  const connection = await dial(a, b)
  await a.node.services.echo.request(b.node.peerId, { text: 'warm' })
  const asked = Array.from({ length: 200 }, (_, i) => a.node.services.echo.request(b.node.peerId, { text: `${i}` }))
  a.node.services.session.rekey(connection)
  assert.throws(() => { b.node.services.session.rekey(inbound(b)) }, { code: 'NO_SESSION' })
  assert.deepEqual((await Promise.all(asked)).map(({ text }) => Number(text)), Array.from({ length: 200 }, (_, i) => i))
  while (a.node.services.session.of(connection)?.epoch !== 1) await new Promise(setImmediate)
  assert.deepEqual(await a.node.services.echo.request(b.node.peerId, { text: 'new' }), { text: 'new' })
  assert.deepEqual(await b.node.services.echo.request(a.node.peerId, { text: 'back' }), { text: 'back' })
  assert.deepEqual([a.sessions, b.sessions], [[0, 1], [0, 1]])
  assert.ok((b.node.services.session.of(inbound(b))?.frames ?? 0) >= 4)
})

test('a count of frames brings fresh keys by itself, again and again', async () => {
  const [a, b] = [await sealed({ rekey: { frames: 20 } }), await sealed({ rekey: { frames: 20 } })]
  const connection = await dial(a, b)
  for (let i = 0; i < 60; i++) await a.node.services.echo.request(b.node.peerId, { text: `${i}` })
  assert.ok((a.node.services.session.of(connection)?.epoch ?? 0) >= 3)
  assert.deepEqual([a.refused, b.refused], [[], []])
})

test('a plain libp2p node stays welcome and gets no sealed stream', async () => {
  const plain = await createLibp2p(base)
  nodes.push(plain)
  const a = await sealed()
  const connection = await dial(a, { node: plain })
  await assert.rejects(a.node.services.session.ready(connection), { code: 'NO_SESSION' })
  await assert.rejects(a.node.services.echo.request(plain.peerId, { text: 'x' }), { code: 'PROTOCOL_UNSUPPORTED' })
  assert.equal(connection.status, 'open')
  assert.deepEqual(a.refused, [])
})

test('a peer of another chain is refused by both sides with its code', async () => {
  const [a, b] = [await sealed(), await sealed({ genesis: new Uint8Array(32) })]
  const connection = await dial(a, b)
  if (connection.status !== 'closed') await once(connection as unknown as EventTarget, 'close')
  assert.equal(a.refused[0]?.code, 'GENESIS_MISMATCH')
})

test('clocks more than 300 s apart are refused', async () => {
  const [a, b] = [await sealed({ now: () => Date.now() - 301_000 }), await sealed()]
  const connection = await dial(a, b)
  if (connection.status !== 'closed') await once(connection as unknown as EventTarget, 'close')
  assert.equal(b.refused[0]?.code, 'CLOCK_SKEW')
})

test('tables are empty when the connection is gone', async () => {
  const [a, b] = [await sealed(), await sealed()]
  const connection = await dial(a, b)
  await a.node.services.session.ready(connection)
  assert.deepEqual(a.node.services.session.dump?.(), { connections: 1, sessions: 1, epochs: 1, waiting: 0, answering: 0 })
  await connection.close()
  while (b.node.getConnections().length > 0) await new Promise(setImmediate)
  for (const { node } of [a, b]) assert.deepEqual(node.services.session.dump(), { connections: 0, sessions: 0, epochs: 0, waiting: 0, answering: 0 })
})
