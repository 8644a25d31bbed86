import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { isRelayed } from '../../src/node/transport/index.ts'

const nodes: TosNode[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

async function start (options: TosNodeOptions): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], dcutr: false, ...options })
  nodes.push(node)
  return node
}

/** What the relay listens on. */
const WAYS = { tcp: '/ip4/127.0.0.1/tcp/0', ws: '/ip4/127.0.0.1/tcp/0/ws', quic: '/ip4/127.0.0.1/udp/0/quic-v1' } as const

for (const way of ['ws', 'quic'] as const) {
  test(`a relay reached over ${way} gives a reservation and carries a session and a ping, also to a peer that came over TCP`, { timeout: 60_000 }, async () => {
    const quic = way === 'quic'
    const relay = await start({ relayServer: true, quic, listen: [WAYS.tcp, WAYS[way]] })
    const at = (part: string): string => relay.getMultiaddrs().map(String).find(address => address.includes(part)) ?? assert.fail(`the relay does not listen on ${part}`)
    const hidden = await start({ relay: true, quic, listen: [`${at(quic ? '/quic-v1/' : '/ws/')}/p2p-circuit`] })
    const address = hidden.getMultiaddrs().find(address => address.toString().includes(`/${quic ? 'quic-v1' : 'ws'}/`) && address.toString().includes('/p2p-circuit/'))
    assert.ok(address !== undefined, 'the reservation gives an address')
    const [near, far] = [await start({ relay: true, quic, listen: [] }), await start({ relay: true, listen: [] })]
    // over TCP it reaches the relay first, and then the hidden one through that connection
    await far.dial(relay.getMultiaddrs().filter(address => !/ws|quic/.test(address.toString())))
    for (const dialler of [near, far]) {
      const connection = await dialler.dial(dialler === near ? address : overTcp(relay, hidden))
      assert.ok(isRelayed(connection), 'the connection is limited')
      await dialler.services.session.ready(connection)
      assert.ok((await dialler.services.tosPing.request(hidden.peerId, { userAgent: 'test', services: 0n, timestamp: 0n })).timestamp > 0n)
    }
  })
}

/** The hidden node through the relay's TCP address. */
function overTcp (relay: TosNode, hidden: TosNode): Multiaddr {
  const tcp = relay.getMultiaddrs().map(String).find(address => /\/tcp\/\d+\/p2p\//.test(address)) ?? assert.fail('no TCP address')
  return multiaddr(`${tcp}/p2p-circuit/p2p/${hidden.peerId.toString()}`)
}
