import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createLibp2p } from 'libp2p'
import { createLibp2pOptions } from '../../src/node/transport/index.ts'
import { until } from '../support/until.ts'

const timers = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

test('a stopped node leaves no timer behind that would hold its process', async () => {
  const before = timers()
  const node = await createLibp2p(createLibp2pOptions({ network: 'devnet', privateKey: await generateKeyPair('Ed25519'), listen: ['/ip4/127.0.0.1/tcp/0'], dht: 'server', userAgent: 'tosd/test' }))
  assert.equal(node.services.addresses.listening().length, 1)
  await node.stop()
  // libp2p's own would run for a second; its queues leave some of a millisecond
  await until(() => timers() <= before, 500)
})
