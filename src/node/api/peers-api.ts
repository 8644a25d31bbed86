import { setTimeout as wait } from 'node:timers/promises'
import type { Connection, Peer, PeerId } from '@libp2p/interface'
import { SERVICE } from '../../../protocols/index.ts'
import { describeCause, toTosError, TosError } from '../../errors/index.ts'
import type { NodeApi, PeerView, PingView } from '../../monitor/index.ts'
import type { TopologyPeer } from '../../peers/topology/index.ts'
import { peerIdToNodeId } from '../../protocol/index.ts'
import { toHex } from '../../wire/index.ts'
import { chainServices } from '../chain-services.ts'
import type { TosNode } from '../tos-node.ts'
import { peerStats } from './peer-stats.ts'
import { parsePeer, parseTarget } from './target.ts'

/** PINGs that the protocol's own limit lets out at once, one for opening the stream included, and the pace it allows for ever. */
const BURST = 20
const STEADY_MS = 1000
/** Longest agent string shown, bytes. */
const MAX_AGENT_BYTES = 256

/** The part of the admin API that speaks of peers. */
export function createPeersApi (node: TosNode): Pick<NodeApi, 'discover' | 'peersLs' | 'peersConnect' | 'peersDisconnect' | 'ping'> {
  return {
    discover: async () => ({ ...node.tos.discovery(), queue: node.tos.connector.queue() }),

    async peersLs () {
      const standing = new Map(node.tos.connector.peers().map(peer => [peer.peer, peer]))
      return Promise.all(node.getConnections().filter(({ status }) => status === 'open').map(connection => peerView(node, connection, standing.get(connection.remotePeer.toString()))))
    },

    async peersConnect ({ address }, options = {}) {
      const target = parseTarget(address)
      try {
        const connection = await node.dial(target, { signal: signalOf(options.signal, node.tos.config.limits.dialTimeoutMs) })
        return { peerId: connection.remotePeer.toString(), addr: connection.remoteAddr.toString() }
      } catch (cause) {
        throw new TosError('PEER_UNREACHABLE', `could not connect to ${address}`, { cause })
      }
    },

    async peersDisconnect ({ peer }) {
      const id = parsePeer(peer)
      const closed = node.getConnections(id).length
      await node.hangUp(id)
      return { closed }
    },

    async * ping ({ peer, count = 1, intervalMs = 1000 }, options = {}) {
      const target = parseTarget(peer)
      // beyond the budget a request waits here first, and the wait would be taken for a round trip
      if (count > BURST && intervalMs < STEADY_MS) throw new TosError('USAGE', `more than ${BURST} pings need an interval of ${STEADY_MS} ms or more`, { hint: 'PING allows 60 a minute' })
      for (let seq = 0; seq < count; seq++) {
        yield await pingOnce(node, target, peer, seq, options.signal)
        if (seq + 1 < count) await wait(intervalMs, undefined, options.signal === undefined ? {} : { signal: options.signal })
      }
    }
  }
}

async function pingOnce (node: TosNode, target: ReturnType<typeof parseTarget>, peer: string, seq: number, signal: AbortSignal | undefined): Promise<PingView> {
  try {
    // connect first: the round trip is that of PING alone
    const { remotePeer } = await node.dial(target, { signal: signalOf(signal, node.tos.config.limits.dialTimeoutMs) })
    const options = signal === undefined ? {} : { signal }
    // the first one opens the stream: what it takes is no round trip
    if (seq === 0) await node.services.tosPing.request(remotePeer, ping(node), options)
    const start = performance.now()
    await node.services.tosPing.request(remotePeer, ping(node), options)
    const rttMs = performance.now() - start
    const agent = await agentOf(node, remotePeer)
    return { peer: remotePeer.toString(), seq, rttMs: Math.round(rttMs * 1000) / 1000, ...(agent === undefined ? {} : { userAgent: agent }) }
  } catch (cause) {
    const error = toTosError(cause, 'PEER_UNREACHABLE')
    return { peer, seq, error: error.code, cause: error === cause ? oneLine(error) : describeCause(cause) }
  }
}

// ours says what happened, and may carry why
function oneLine ({ message, cause }: TosError): string {
  return cause === undefined ? message : `${message}: ${describeCause(cause)}`
}

/** What PING says of us. */
export function ping (node: TosNode): { userAgent: string, services: bigint, timestamp: bigint } {
  const { config: { userAgent }, ledger, miner } = node.tos
  return { userAgent, services: chainServices(ledger) | (miner.running ? SERVICE.mining : 0n), timestamp: BigInt(Math.floor(Date.now() / 1000)) }
}

async function peerView (node: TosNode, connection: Connection, standing: TopologyPeer | undefined): Promise<PeerView> {
  const { remotePeer, remoteAddr, direction, timeline } = connection
  const stats = standing === undefined ? undefined : peerStats(node, remotePeer, standing)
  // libp2p's own figure counts only where we have none: it never compares the echo
  const rttMs = stats?.rttMs ?? connection.rtt
  const stored = await storedPeer(node, remotePeer)
  const nodeId = remotePeer.type === 'Ed25519' ? toHex(peerIdToNodeId(remotePeer)) : undefined
  const userAgent = node.services.session.of(connection)?.hello.userAgent ?? agentFrom(stored)
  return {
    peerId: remotePeer.toString(),
    ...(nodeId === undefined ? {} : { nodeId }),
    addr: remoteAddr.toString(),
    direction,
    connectedMs: Date.now() - timeline.open,
    ...(rttMs === undefined ? {} : { rttMs }),
    ...(stats === undefined ? {} : { stats }),
    ...(userAgent === undefined ? {} : { userAgent }),
    protocols: stored?.protocols ?? [],
    ...sessionView(node, connection)
  }
}

function sessionView (node: TosNode, connection: Connection): Pick<PeerView, 'session'> {
  const info = node.services.session.of(connection)
  if (info === undefined) return {}
  const { hello: { height, nodeType, services }, ...session } = info
  return { session: { ...session, height: height.toString(), nodeType, services: `0x${services.toString(16)}` } }
}

async function storedPeer (node: TosNode, peer: PeerId): Promise<Peer | undefined> {
  try {
    return await node.peerStore.get(peer)
  } catch {
    // a peer that has just connected is not in the store yet
    return undefined
  }
}

async function agentOf (node: TosNode, peer: PeerId): Promise<string | undefined> {
  return node.services.session.of(peer)?.hello.userAgent ?? agentFrom(await storedPeer(node, peer))
}

function agentFrom (peer: Peer | undefined): string | undefined {
  const bytes = peer?.metadata.get('AgentVersion')
  // a peer chooses this text and an operator's terminal prints it
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes.subarray(0, MAX_AGENT_BYTES)).replace(/\p{Cc}/gu, '?')
}

function signalOf (signal: AbortSignal | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs)
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout])
}
