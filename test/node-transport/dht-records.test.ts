import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Libp2p } from '@libp2p/interface'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { createLibp2pOptions } from '../../src/node/transport/index.ts'
import type { TransportServices } from '../../src/node/transport/index.ts'
import { until } from '../support/until.ts'

test('the DHT keeps no record that nothing can check: validators fail closed', { timeout: 30_000 }, async () => {
  const datastore = new MemoryDatastore()
  const start = async (dht: 'server' | 'client'): Promise<Libp2p<TransportServices>> =>
    createLibp2p(createLibp2pOptions({ network: 'devnet', privateKey: await generateKeyPair('Ed25519'), listen: ['/ip4/127.0.0.1/tcp/0'], dht, userAgent: 'tosd/test', ...(dht === 'server' ? { datastore } : {}) }))
  const [server, client] = [await start('server'), await start('client')]
  try {
    await client.dial(server.getMultiaddrs())
    const { services: { dht } } = client
    await until(() => (dht as unknown as { routingTable: { size: number } }).routingTable.size > 0)
    const put = async (key: Uint8Array, value: Uint8Array): Promise<string[]> => {
      const events: string[] = []
      for await (const { name } of dht.put(key, value)) events.push(name)
      return events
    }
    const kept = async (): Promise<number> => {
      let count = 0
      for await (const _ of datastore.queryKeys({ prefix: '/dht-tos/record' })) count++
      return count
    }
    const { publicKey } = await generateKeyPair('Ed25519')
    const own = Buffer.concat([Buffer.from('/pk/'), publicKey.toMultihash().bytes])
    assert.ok((await put(Buffer.from('/unknown/key'), Buffer.from('x'))).includes('QUERY_ERROR'))
    assert.ok((await put(own, publicKeyToProtobuf(client.peerId.publicKey as never))).includes('QUERY_ERROR'))
    assert.equal(await kept(), 0)
    await put(own, publicKeyToProtobuf(publicKey))
    assert.equal(await kept(), 1, 'a record that proves itself is kept')
  } finally {
    await Promise.all([server.stop(), client.stop()])
  }
})
