import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { typedPubsub } from '../../src/gossip/index.ts'
import { cell, skipCell, withPeers } from './harness/cell.ts'
import type { CellName } from './harness/cell.ts'
import { eventually } from './harness/eventually.ts'
import type { PeerConfig } from './harness/peer-config.ts'
import { recorder } from './harness/report.ts'
import { versionsOf } from './harness/versions.ts'
import { startOwnNode } from './tosd/own-node.ts'

const TOPIC = '/private/header-sub/v0.0.1'
const config: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0/ws'], transports: ['ws'], security: ['noise'], kad: { protocol: '/celestia/private/kad/1.0.0', mode: 'server' } }
const name = (scenario: string, direction = 'lumina → tosd'): CellName => ({ peer: 'lumina', scenario, direction })

void test('lumina, a light node in rust-libp2p for browsers, joins over a web socket', async context => {
  recorder.peer('lumina', versionsOf('lumina-node-wasm'))
  await skipCell(context, name('3 ws', 'tosd → lumina'), { reason: 'it is made for browsers, where nobody can listen', upstream: 'https://github.com/libp2p/specs/blob/master/webrtc/webrtc.md' })
  const [node, { other }] = await Promise.all([startOwnNode(context, config, { topic: [TOPIC] }), withPeers(context, { other: ['js', config] })])
  await node.dial(multiaddr(other.addrs[0] ?? ''))
  const thread = new Worker(new URL('wasm/lumina.ts', import.meta.url), {
    workerData: { bootnodes: node.getMultiaddrs().map(String) },
    // it logs to the console, and Node warns of modules in WebAssembly
    stdout: true, stderr: true, execArgv: ['--disable-warning=ExperimentalWarning']
  })
  context.after(() => thread.terminate())
  const joined = once(thread, 'message').then(([message]: unknown[]) => peerIdFromString((message as { readonly peerId: string }).peerId))

  await cell(context, name('3 ws'), async () => {
    const [connection] = node.getConnections(await joined)
    assert.ok(connection)
    assert.match(`${connection.encryption} ${connection.multiplexer}`, /noise .*yamux/)
    const told = await node.services.identify.identify(connection)
    assert.match(told.agentVersion ?? '', /^lumina\//)
    assert.ok(told.protocols.includes('/ipfs/ping/1.0.0'))
    assert.ok(await node.services.ping.ping(connection.remotePeer) >= 0)
  })
  await cell(context, name('7 kad: provide, find'), async () => {
    // it knew our node alone: the other one it can only have from our answer
    const lumina = await joined
    await eventually(async () => {
      const { peers } = await other.ask<{ readonly peers: readonly string[] }>('connections')
      assert.ok(peers.includes(lumina.toString()), 'it did not dial the peer that we know')
    })
  })
  await cell(context, name('8 gossip: in the mesh'), async () => {
    const lumina = await joined
    await eventually(() => {
      const mesh = typedPubsub(node.services.pubsub).meshPeers(TOPIC)
      assert.ok(mesh.includes(lumina.toString()), 'it is not in our mesh')
      return Promise.resolve()
    })
  })
})
