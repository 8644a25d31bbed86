import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { createTosNode } from '../../src/index.ts'
import { isForeign } from '../../src/node/guard-parts.ts'
import { until } from '../support/until.ts'

const stops: Array<() => void | Promise<void>> = []
after(async () => { await Promise.all(stops.map(stop => stop())) })

test('the budgets cover what nothing else bounds per peer', () => {
  const watched = isForeign('/tos/devnet/kad/1.0.0')
  assert.deepEqual(['/ipfs/ping/1.0.0', '/ipfs/id/1.0.0', '/ipfs/id/push/1.0.0', '/tos/devnet/kad/1.0.0', '/libp2p/autonat/1.0.0'].map(watched), [true, true, true, true, true])
  assert.deepEqual(['/tos/devnet/blocks/1.0.0', '/tos/devnet/session/1.0.0', '/meshsub/1.2.0', '/floodsub/1.0.0', '/libp2p/circuit/relay/0.2.0/stop', '/acme/hello/1.0.0'].map(watched), [false, false, false, false, false, false])
})

test('a peer that floods the DHT with streams is refused above its budget, half of which it may use at once', { timeout: 30_000 }, async () => {
  const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true, peers: { min: 0, target: 0 } })
  const flooder = await createLibp2p({ transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] })
  stops.push(() => node.stop(), () => flooder.stop())
  const connection = await flooder.dial(node.getMultiaddrs())
  const limiter = (node.services as unknown as { rateLimiter: { dump (): Record<string, number> } }).rateLimiter
  let opened = 0
  while ((limiter.dump()['refused'] ?? 0) === 0 && opened < 400) {
    opened++
    try {
      const stream = await connection.newStream('/tos/devnet/kad/1.0.0', { signal: AbortSignal.timeout(5000) })
      stream.abort(new Error('next'))
    } catch {}
  }
  await until(() => (limiter.dump()['refused'] ?? 0) > 0)
  assert.ok(opened > 140 && opened < 400, `${opened} streams`)
  assert.ok(node.tos.guard.score(flooder.peerId.toString()) < 500)
})
