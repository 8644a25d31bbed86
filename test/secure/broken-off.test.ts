import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { createSealedNet, gone } from '../support/sealed-net.ts'

const net = createSealedNet({ connections: 20 })
after(async () => { await net.stop() })

/** A wire to `port` that is cut, both ways at once, by the first frame (plaintext shows its magic) that goes one way. */
async function wireCutAtFrame (port: number, towards: 'listener' | 'dialler') {
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1')
    const cut = (): void => { near.resetAndDestroy(); far.resetAndDestroy() }
    for (const socket of [near, far]) socket.on('error', cut)
    near.on('data', bytes => { if (towards === 'listener' && bytes.includes('TOSN')) cut(); else far.write(bytes) })
    far.on('data', bytes => { if (towards === 'dialler' && bytes.includes('TOSN')) cut(); else near.write(bytes) })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { address: multiaddr(`/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`), close: () => { server.close() } }
}

for (const [message, towards] of [['M1', 'listener'], ['M2', 'dialler']] as const) {
  test(`a connection lost at ${message} is nobody's offence: neither side refuses the other`, async () => {
    const [a, b] = await Promise.all([net.sealed(), net.sealed()])
    const port = Number(/tcp\/(\d+)/.exec(String(b.node.getMultiaddrs()[0]))?.[1])
    const wire = await wireCutAtFrame(port, towards)
    const theirs = once(b.node, 'connection:close')
    await gone(await a.node.dial(wire.address))
    await theirs
    wire.close()
    for (const { node, refused } of [a, b]) {
      assert.deepEqual(refused, [])
      assert.deepEqual(node.services.session.dump(), { connections: 0, sessions: 0, epochs: 0, waiting: 0, answering: 0 })
    }
  })
}

test('a peer that ends the handshake and keeps the connection is refused after the grace', async () => {
  const [a, b] = await Promise.all([net.sealed(), net.plain()])
  await b.node.handle('/tos/devnet/session/1.0.0', stream => { stream.abort(new Error('no')) })
  const refused = a.nextRefusal()
  await a.node.dial(b.node.getMultiaddrs())
  assert.equal(await refused, 'STREAM_CLOSED')
})
