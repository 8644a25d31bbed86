import type { PeerId } from '@libp2p/interface'
import type { PeerStatsView } from '../../monitor/index.ts'
import type { TopologyPeer } from '../../peers/topology/index.ts'
import type { TosNode } from '../tos-node.ts'

/** The specification's get_peer_stats of a connected peer, from our own measurements; `standing` is the dialler's word on it. */
export function peerStats (node: TosNode, peer: PeerId, standing: TopologyPeer): PeerStatsView {
  const { guard, measures, traffic } = node.tos
  const name = peer.toString()
  const { rttMs, minRttMs, misses = 0, uptimeMs = standing.connectedMs, bandwidthMbps, served = { answers: 0, bytes: 0, failed: 0 }, lastBlockAt, lastTransactionAt } = measures.of(name) ?? {}
  const [address = ''] = node.getConnections(peer).flatMap(({ remoteAddr, limits }) => limits === undefined ? [remoteAddr.toString()] : [])
  const ip = /^\/ip[46]\/([^/]+)/.exec(address)?.[1]
  return {
    ...given({ ip, role: standing.role, rttMs: rounded(rttMs), minRttMs: rounded(minRttMs), bandwidthMbps: rounded(bandwidthMbps), lastBlockAgoMs: ago(lastBlockAt), lastTransactionAgoMs: ago(lastTransactionAt) }),
    nodeType: standing.nodeType, score: standing.score, banned: guard.isBanned(name) !== undefined,
    uptimeMs: Math.round(uptimeMs), misses, served, ...traffic.of(name)
  }
}

function rounded (value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 1000) / 1000
}

function ago (time: number | undefined): number | undefined {
  return time === undefined ? undefined : Math.round(performance.now() - time)
}

/** Without what is undefined: JSON has no such value. */
function given<T extends Readonly<Record<string, unknown>>> (values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
