import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Libp2p } from '@libp2p/interface'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { createTosNode } from '../../src/index.ts'
import type { TosNode } from '../../src/index.ts'
import { createPeersApi } from '../../src/node/api/peers-api.ts'
import { describeNode } from '../../src/node/session-parts.ts'
import { createSessions } from '../../src/secure/index.ts'
import { until } from '../support/until.ts'

const nodes: Array<Pick<Libp2p, 'stop'>> = []
after(async () => { await Promise.all(nodes.map(async node => { await node.stop() })) })

async function start (pingIntervalMs: number): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true, peers: { min: 0, target: 0, pingIntervalMs } })
  nodes.push(node)
  return node
}

/** A plain libp2p node that agrees on a session, takes pings, and answers none. */
async function startSilent (like: TosNode): Promise<{ readonly node: Libp2p, readonly pings: () => number, readonly goodbyes: () => number }> {
  const { ledger, config } = like.tos
  const sessions = createSessions({ network: 'devnet', genesis: ledger.genesis, hello: () => describeNode(config, { ledger }) })
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()],
    services: { identify: identify(), session: sessions.service }
  })
  nodes.push(node)
  let [pings, goodbyes] = [0, 0]
  await node.handle('/tos/devnet/ping/1.0.0', stream => { stream.addEventListener('message', () => { pings++ }) })
  await node.handle('/tos/devnet/goodbye/1.0.0', stream => {
    goodbyes++
    void stream.close()
  })
  return { node, pings: () => pings, goodbyes: () => goodbyes }
}

test('a peer whose pongs never come is told GOODBYE and parted, the one that answers stays and is measured', { timeout: 30_000 }, async () => {
  const a = await start(3000)
  const b = await start(60_000)
  const silent = await startSilent(a)
  const refused: string[] = []
  a.tos.events.subscribe(event => { if (event.event === 'peer-refused') refused.push(`${event.peerId} ${event.code}`) })
  await a.dial(b.getMultiaddrs())
  await a.dial(silent.node.getMultiaddrs())
  const [bId, silentId] = [b.peerId.toString(), silent.node.peerId.toString()]
  await until(() => silent.goodbyes() === 1 && a.getConnections(silent.node.peerId).length === 0)
  assert.deepEqual(refused, [`${silentId} TIMEOUT`])
  assert.ok(silent.pings() >= 1, 'it was sent pings under its session')
  assert.deepEqual([a.tos.measures.of(silentId)?.pings, a.tos.measures.of(silentId)?.rttMs], [{ answered: 0, lost: 3 }, undefined])
  assert.ok(a.getConnections(b.peerId).length > 0)
  const facts = a.tos.measures.of(bId)
  assert.ok((facts?.rttMs ?? 0) > 0 && (facts?.minRttMs ?? 1e9) <= (facts?.rttMs ?? 0) + 1e-9 && facts?.misses === 0, JSON.stringify(facts))
  assert.equal(a.tos.connector.peers().find(({ peer }) => peer === bId)?.rttMs, a.tos.measures.of(bId)?.rttMs, 'the topology judges by it')
  const view = (await createPeersApi(a).peersLs()).find(({ peerId }) => peerId === bId)
  assert.equal(view?.stats?.misses, 0)
  assert.ok((view.stats.rttMs ?? 0) > 0 && view.stats.messagesOut >= 2 && view.stats.messagesIn >= 2, JSON.stringify(view.stats))
})
