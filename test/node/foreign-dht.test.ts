import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { until } from '../support/until.ts'

const nodes: TosNode[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

async function start (options: TosNodeOptions): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], kadProtocol: '/acme/kad/1.0.0', ...options })
  nodes.push(node)
  return node
}

test('a node joins the DHT that is named, not the network’s, and keeps the kinds of records a program names', { timeout: 30_000 }, async () => {
  const dhtRecords = { validators: { acme: async () => {} }, selectors: { acme: () => 0 } }
  const [server, client] = await Promise.all([start({ dhtRecords }), start({ dhtRecords, listen: [] })])
  assert.deepEqual(server.getProtocols().filter(id => id.includes('/kad/')), ['/acme/kad/1.0.0'])
  await client.dial(server.getMultiaddrs())
  await until(() => (client.services.dht as unknown as { routingTable: { size: number } }).routingTable.size > 0)
  const key = Buffer.from('/acme/data')
  for await (const event of client.services.dht.put(key, Buffer.from('value'))) assert.notEqual(event.name, 'QUERY_ERROR')
  let value: Uint8Array | undefined
  for await (const event of client.services.dht.get(key)) if (event.name === 'VALUE') value = event.value
  assert.equal(Buffer.from(value ?? []).toString(), 'value')
  await assert.rejects(start({ kadProtocol: 'no slash' }), { code: 'CONFIG_INVALID' })
})
