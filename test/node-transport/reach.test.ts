import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { createTosNode, defineProtocol, struct, u64 } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { isRelayed, loadReach } from '../../src/node/transport/index.ts'
import type { ProtocolComponents } from '../../src/protocol/index.ts'
import { connect } from '../../src/protocol/open-lane.ts'

const nodes: TosNode[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

async function start (options: TosNodeOptions): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], ...options })
  nodes.push(node)
  return node
}

const none = { upnp: false, relay: false, relayServer: false, dcutr: true, autonat: false, quic: false, webrtc: false } as const
const ping = { userAgent: 'test', services: 0n, timestamp: 0n }

/** A protocol that keeps the default: direct connections only. */
const bulk = (handle?: () => { n: bigint }) => defineProtocol({
  id: '/acme/bulk/1.0.0', types: { request: 0x8001, response: 0x8002 }, request: struct({ n: u64 }), response: struct({ n: u64 }),
  limits: { perPeer: { count: 20, perMs: 10_000 }, timeoutMs: 5000 }, ...(handle === undefined ? {} : { handle })
})

test('over a relay two nodes agree on a session and ping under it; a protocol of bulk says why it does not run', { timeout: 30_000 }, async () => {
  const relay = await start({ relayServer: true, protocols: { bulk: bulk(() => ({ n: 7n })) } })
  const hidden = await start({ relay: true, dcutr: false, listen: [`${relay.getMultiaddrs()[0]}/p2p-circuit`], protocols: { bulk: bulk(() => ({ n: 7n })) } })
  const other = await start({ relay: true, dcutr: false, listen: [], protocols: { bulk: bulk() } }) as TosNode<{ bulk: ReturnType<typeof bulk> }>
  const address = hidden.getMultiaddrs().find(address => address.toString().includes('/p2p-circuit/'))
  assert.ok(address !== undefined, 'the reservation gives an address')

  const connection = await other.dial(address)
  assert.ok(isRelayed(connection), 'the connection is limited')
  const session = await other.services.session.ready(connection)
  assert.equal(session.role, 'dialler')
  const before = session.frames
  const { timestamp } = await other.services.tosPing.request(hidden.peerId, ping)
  assert.ok(timestamp > 0n)
  assert.ok((other.services.session.of(connection)?.frames ?? 0) > before, 'the ping went through the session')
  // and back: the other end of the relayed connection may ask too
  assert.ok((await hidden.services.tosPing.request(other.peerId, ping)).timestamp > 0n)
  await assert.rejects(other.services.bulk.request(hidden.peerId, { n: 1n }), { code: 'RELAYED_ONLY' })
  // who does not ask its own side first is refused by the other
  const forced = await connection.newStream(hidden.tos.kernel.idsOf('/acme/bulk/1.0.0')[0] as string, { runOnLimitedConnection: true })
  if (forced.status === 'open') await once(forced, 'close')
  assert.equal(forced.status, 'reset')
  assert.deepEqual([...hidden.tos.kernel.incidents.counts], [], 'the kernel never saw the stream: nobody waited for its first frame')
  assert.equal(other.tos.sync.progress().state, 'idle', 'nobody syncs over a relay')

  assert.equal((await other.services.bulk.request(relay.peerId, { n: 1n })).n, 7n, 'directly it runs')
})

test('of a relayed and a direct connection to one peer a request takes the direct one, and the relayed one when there is no other', async () => {
  const remotePeer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  const [relayed, direct] = [{ status: 'open', limits: { seconds: 120 } }, { status: 'open' }] as unknown as [Connection, Connection]
  const over = async (...connections: Connection[]): Promise<Connection> => {
    const components = { connectionManager: { getConnections: () => connections } } as unknown as ProtocolComponents
    return await connect(components, remotePeer, AbortSignal.timeout(1000))
  }
  assert.equal(await over(relayed, direct), direct)
  assert.equal(await over(relayed), relayed)
})

test('a node that listens on /p2p-circuit finds a relay among its peers by itself', { timeout: 30_000 }, async () => {
  const relay = await start({ relayServer: true })
  const hidden = await start({ relay: true, listen: ['/p2p-circuit'] })
  const reserved = (): boolean => hidden.getMultiaddrs().some(address => address.toString().includes(`/p2p/${relay.peerId.toString()}/p2p-circuit`))
  await hidden.dial(relay.getMultiaddrs())
  while (!reserved()) await once(hidden as unknown as EventTarget, 'self:peer:update')
})

test('a GOODBYE reaches a relayed peer before the connection closes', { timeout: 30_000 }, async () => {
  const relay = await start({ relayServer: true })
  const hidden = await start({ relay: true, listen: [`${relay.getMultiaddrs()[0]}/p2p-circuit`] })
  const other = await start({ relay: true, listen: [] })
  const events = other.tos.events.stream()
  await other.services.session.ready(await other.dial(hidden.getMultiaddrs()[0] as NonNullable<ReturnType<TosNode['getMultiaddrs']>[0]>))
  const said = (async () => {
    for await (const event of events) if (event.event === 'peer-disconnected' && event.peerId === hidden.peerId.toString()) return event.reason
    return undefined
  })()
  await hidden.stop()
  assert.match(await said ?? '', /^shutdown/)
})

test('QUIC carries a session and a ping, and its addresses are announced', { timeout: 30_000 }, async () => {
  const [a, b] = await Promise.all([start({ quic: true, listen: [] }), start({ quic: true, listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] })])
  const connection = await a.dial(b.getMultiaddrs())
  assert.match(connection.remoteAddr.toString(), /\/udp\/\d+\/quic-v1/)
  await a.services.session.ready(connection)
  assert.ok((await a.services.tosPing.request(b.peerId, ping)).timestamp > 0n)
})

test('without a native library a node that does not ask for it starts; one that does is told which code', async () => {
  const missing = async (): Promise<never> => { throw new Error('Cannot find package') }
  const native = { quic: missing, webrtc: missing }
  assert.deepEqual(await loadReach(none, native), { transports: [], services: {} })
  await assert.rejects(loadReach({ ...none, quic: true }, native), { code: 'QUIC_UNAVAILABLE' })
  await assert.rejects(loadReach({ ...none, webrtc: true }, native), { code: 'WEBRTC_UNAVAILABLE' })
})

test('what is not asked for is not there, and hole punching comes with the relay only', async () => {
  assert.deepEqual(Object.keys((await loadReach(none)).services), [])
  const { transports, services } = await loadReach({ ...none, relay: true, relayServer: true, autonat: true, upnp: true })
  assert.equal(transports.length, 1)
  assert.deepEqual(Object.keys(services).sort(), ['autonat', 'dcutr', 'relayServer', 'upnp'])
})

test('a listen address that needs an option which is off is refused with the option’s name', async () => {
  await assert.rejects(createTosNode({ network: 'devnet', ephemeral: true, listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] }), error => (error as { code: string }).code === 'CONFIG_INVALID' && /quic is off/.test(JSON.stringify(error) + String(error)))
  await assert.rejects(createTosNode({ network: 'devnet', ephemeral: true, listen: ['/p2p-circuit'] }), error => (error as { code: string }).code === 'CONFIG_INVALID' && /relay is off/.test(JSON.stringify(error) + String(error)))
})

test('autonat answers the dial-back protocol, and the node tells its own addresses', { timeout: 10_000 }, async () => {
  const node = await start({ autonat: true })
  assert.ok(node.getProtocols().includes('/libp2p/autonat/1.0.0'))
  assert.match(node.services.addresses.listening()[0] ?? '', /^\/ip4\/127\.0\.0\.1\/tcp\/\d+/)
  assert.equal(node.services.addresses.known()[0]?.type, 'transport')
})
