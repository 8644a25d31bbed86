import { setTimeout } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import type { ControlPeer, Commands } from './control-peer.ts'
import { connectionTo, number, peerOf, text } from './control-peer.ts'

const DIAL_MS = 20_000

/** Asks again while stock libp2p's own question, right after a dial, holds the one stream it allows. */
async function inTurn<T> (ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + DIAL_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if ((error as Error).name !== 'TooManyOutboundProtocolStreamsError' || performance.now() > end) throw error
      await setTimeout(20)
    }
  }
}

/** dial, hangup, ping, identify, connection, addrs, reserve. */
export function connectionCommands ({ node, identify, ping }: ControlPeer): Commands {
  return {
    async dial (args) {
      const connection = await node.dial(multiaddr(text(args, 'addr')), { signal: AbortSignal.timeout(number(args, 'timeoutMs', DIAL_MS)) })
      return { peerId: connection.remotePeer.toString() }
    },
    async hangup (args) {
      await node.hangUp(peerOf(args), { signal: AbortSignal.timeout(5_000) })
      return {}
    },
    async ping (args) {
      connectionTo(node, peerOf(args))
      return { rttMs: await ping.ping(peerOf(args), { signal: AbortSignal.timeout(10_000) }) }
    },
    async identify (args) {
      const told = await inTurn(() => identify.identify(connectionTo(node, peerOf(args)), { signal: AbortSignal.timeout(10_000) }))
      return {
        agent: told.agentVersion ?? '',
        protocolVersion: told.protocolVersion ?? '',
        protocols: told.protocols,
        addrs: told.listenAddrs.map(String),
        signedPeerRecord: told.signedPeerRecord !== undefined
      }
    },
    connection (args) {
      const { encryption, multiplexer, limits, remoteAddr, direction } = connectionTo(node, peerOf(args))
      return { security: encryption ?? '', muxer: multiplexer ?? '', transport: remoteAddr.toString(), limited: limits !== undefined, direction }
    },
    connections: () => ({ peers: node.getPeers().map(String) }),
    addrs: () => ({ addrs: node.getMultiaddrs().map(String) }),
    async reserve (args) {
      const relay = multiaddr(text(args, 'relay'))
      const { promise, resolve } = Promise.withResolvers<string[]>()
      const look = (): void => {
        const found = node.getMultiaddrs().map(String).filter(address => address.includes('/p2p-circuit'))
        if (found.length > 0) resolve(found)
      }
      node.addEventListener('self:peer:update', look)
      try {
        await listenOn(node, `${relay.toString()}/p2p-circuit`)
        look()
        const timer = AbortSignal.timeout(DIAL_MS)
        timer.addEventListener('abort', () => { resolve([]) }, { once: true })
        const addrs = await promise
        if (addrs.length === 0) throw new Error('no reservation')
        return { addrs }
      } finally {
        node.removeEventListener('self:peer:update', look)
      }
    }
  }
}

/** A node that runs begins to listen on one more address; the library has that inside, and no public name for it. */
async function listenOn (node: ControlPeer['node'], address: string): Promise<void> {
  const { components } = node as unknown as { components: { transportManager: { listen (addresses: unknown[]): Promise<void> } } }
  await components.transportManager.listen([multiaddr(address)])
}
