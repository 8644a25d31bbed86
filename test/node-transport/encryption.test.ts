import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'

const nodes: TosNode[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], ...options })
  nodes.push(node)
  return node
}

async function encryptionBetween (dialler: TosNode, listener: TosNode): Promise<string | undefined> {
  const connection = await dialler.dial(listener.getMultiaddrs())
  await dialler.services.session.ready(connection)
  const { timestamp } = await dialler.services.tosPing.request(listener.peerId, { userAgent: 'test', services: 0n, timestamp: 0n })
  assert.ok(timestamp > 0n)
  assert.equal(connection.multiplexer, '/yamux/1.0.0')
  await connection.close()
  return connection.encryption
}

test('a node offers noise and TLS, prefers noise, and serves a peer that speaks TLS only in both directions, over TCP and web sockets', { timeout: 60_000 }, async () => {
  const tls = { security: ['tls'] }
  const [both, other, tlsDialler, tlsOnly, tlsWs] = await Promise.all([start(), start(), start({ ...tls, listen: [] }), start(tls), start({ ...tls, listen: ['/ip4/127.0.0.1/tcp/0/ws'] })])
  assert.equal(await encryptionBetween(both, other), '/noise')
  assert.equal(await encryptionBetween(tlsDialler, both), '/tls/1.0.0')
  assert.equal(await encryptionBetween(both, tlsOnly), '/tls/1.0.0')
  assert.equal(await encryptionBetween(both, tlsWs), '/tls/1.0.0')
})

test('the first name of --security is the one a dialler asks for', { timeout: 60_000 }, async () => {
  const [both, preferring] = await Promise.all([start(), start({ security: ['tls', 'noise'] })])
  assert.equal(await encryptionBetween(preferring, both), '/tls/1.0.0')
})

test('without a common encryption there is no connection, and a list of none or of twice the same is refused', { timeout: 60_000 }, async () => {
  const [noiseOnly, tlsOnly] = await Promise.all([start({ security: ['noise'] }), start({ security: ['tls'], listen: [] })])
  await assert.rejects(tlsOnly.dial(noiseOnly.getMultiaddrs()))
  for (const security of [[], ['noise', 'noise'], ['plaintext']]) await assert.rejects(start({ security }), { code: 'CONFIG_INVALID' }, security.join())
})
