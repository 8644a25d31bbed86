import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { after, test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, Peer, PeerStore } from '@libp2p/interface'
import { KEEP_ALIVE } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { createLibp2p } from 'libp2p'
import type { Libp2pOptions } from 'libp2p'
import { createLibp2pOptions } from '../../src/node/transport/index.ts'
import { withoutKeepAlive } from '../../src/node/transport/no-own-dials.ts'
import { until } from '../support/until.ts'

const nodes: Libp2p[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })
const somebody = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

async function start (bootstrap: string[], dialled: string[] = []): Promise<{ node: Libp2p, store: PeerStore }> {
  let store: PeerStore | undefined
  const options = createLibp2pOptions({
    network: 'devnet', privateKey: await generateKeyPair('Ed25519'), listen: ['/ip4/127.0.0.1/tcp/0'], dht: 'server', userAgent: 'test', bootstrap,
    gater: { denyDialPeer (peer) { dialled.push(peer.toString()); return true } }
  })
  const probe = withoutKeepAlive(({ peerStore }: { readonly peerStore: PeerStore }) => { store = peerStore; return {} })
  const node = await createLibp2p({ ...options, services: { ...options.services, probe } } as unknown as Libp2pOptions)
  nodes.push(node)
  return { node, store: store as unknown as PeerStore }
}

test('bootstrap peers come into the peer store, and only our own dialler dials them', async () => {
  const dialled: string[] = []
  const { node } = await start([`/ip4/127.0.0.1/tcp/9/p2p/${somebody.toString()}`], dialled)
  let found: Peer | undefined
  await until(() => {
    void node.peerStore.get(somebody).then(peer => { found = peer }, () => {})
    return found !== undefined
  })
  assert.deepEqual(new Set(found?.addresses.map(({ multiaddr }) => multiaddr.toString())), new Set(['/ip4/127.0.0.1/tcp/9']))
  for (let i = 0; i < 20; i++) await turn()
  assert.deepEqual(dialled, [])
})

test('the DHT cannot have libp2p dial a peer again that has left; its other tags hold', async () => {
  const { node, store } = await start([])
  await store.merge(somebody, { tags: { [`${KEEP_ALIVE}-kad-dht`]: { value: 1 }, 'kad-close': { value: 50 } } })
  assert.deepEqual([...(await node.peerStore.get(somebody)).tags.keys()], ['kad-close'])
  await store.merge(somebody, { tags: { 'kad-close': undefined } })
  assert.deepEqual([...(await store.get(somebody)).tags.keys()], [], 'and can be taken off')
})
