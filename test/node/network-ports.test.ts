import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import { createNetworkPorts } from '../../src/node/network-ports.ts'

test('the chain may ask for subscribers before the node runs, and after it: a fetch timer that fires then must not throw', async () => {
  const ports = createNetworkPorts()
  assert.deepEqual(ports.subscribers('txAnnounce'), [])
  const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true })
  ports.bind(node)
  assert.deepEqual(ports.subscribers('txAnnounce'), [])
  const stopped = node.stop()
  assert.deepEqual(ports.subscribers('blockAnnounce'), [])
  await stopped
  assert.deepEqual(ports.subscribers('txAnnounce'), [])
})
