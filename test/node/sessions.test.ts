import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import type { StreamedEvent } from '../../src/monitor/index.ts'
import { foreignNetwork } from '../../src/node/foreign-network.ts'
import { createPeersApi } from '../../src/node/api/peers-api.ts'

const nodes: TosNode[] = []
after(async () => { await Promise.all(nodes.map(async node => { await node.stop() })) })

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true, ...options })
  nodes.push(node)
  return node
}

/** The next event of a kind. */
function next<E extends StreamedEvent['event']> (node: TosNode, kind: E): Promise<Extract<StreamedEvent, { event: E }>> {
  return new Promise(resolve => {
    const off = node.tos.events.subscribe(event => {
      if (event.event !== kind) return
      queueMicrotask(() => { off() })
      resolve(event as Extract<StreamedEvent, { event: E }>)
    })
  })
}

test('sealed by default: no plain twin is offered, sessions are told, and peers ls shows them', async () => {
  const [a, b] = [await start(), await start({ userAgent: 'sealed/1' })]
  assert.deepEqual(a.getProtocols().filter(id => id.includes('/plain/')), [])
  const told = next(a, 'session')
  await a.dial(b.getMultiaddrs())
  const event = await told
  assert.deepEqual([event.peerId, event.epoch, event.userAgent, event.height], [b.peerId.toString(), 0, 'sealed/1', 0])
  await a.services.tosPing.request(b.peerId, { userAgent: 'x', services: 0n, timestamp: 0n })
  const [view] = await createPeersApi(a).peersLs()
  assert.equal(view?.session?.suite, 'X25519MLKEM768-Ed25519-ChaCha20Poly1305')
  assert.equal(view.session.role, 'dialler')
  assert.ok(view.session.frames >= 2)
})

test('with plain on one side only, nothing falls back: what both offer is sealed', async () => {
  const [a, b] = [await start({ plain: true }), await start()]
  assert.ok(a.getProtocols().includes('/tos/devnet/plain/ping/1.0.0') && a.getProtocols().includes('/tos/devnet/ping/1.0.0'))
  const connection = await a.dial(b.getMultiaddrs())
  await a.services.tosPing.request(b.peerId, { userAgent: 'x', services: 0n, timestamp: 0n })
  assert.deepEqual(connection.streams.map(({ protocol }) => protocol).filter(id => id.includes('/ping/') && id.startsWith('/tos/')), ['/tos/devnet/ping/1.0.0'])
})

test('a node of another network is told so and hung up on', async () => {
  const [a, b] = [await start(), await start({ network: 'other-net' })]
  const [refused, left] = [next(a, 'peer-refused'), next(b, 'peer-disconnected')]
  await a.dial(b.getMultiaddrs())
  assert.equal((await refused).code, 'CHAIN_ID_MISMATCH')
  const { reason } = await left
  // both find out at the same time; whoever speaks first is heard
  assert.ok(reason === undefined || reason.startsWith('chainIdMismatch'), reason)
})

test('only a peer that speaks TOS, and not ours, belongs to another network', () => {
  assert.equal(foreignNetwork({ protocols: ['/ipfs/id/1.0.0', '/tos/testnet/session/1.0.0'] }, 'devnet'), 'testnet')
  assert.equal(foreignNetwork({ protocols: ['/tos/testnet/session/1.0.0', '/tos/devnet/session/1.0.0'] }, 'devnet'), undefined)
  assert.equal(foreignNetwork({ protocols: ['/ipfs/id/1.0.0'] }, 'devnet'), undefined)
  assert.equal(foreignNetwork({ protocols: ['/tos/bad net/session/1.0.0'] }, 'devnet'), undefined)
})
