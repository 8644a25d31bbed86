import { SERVICE } from '../../../protocols/services.ts'
import type { NodeType } from '../../../protocols/services.ts'
import type { TopologyPeer } from './peer.ts'

/** One row of a table: the points for values up to and including `upTo`. */
interface Step {
  readonly upTo: number
  readonly points: number
}

/** Round trip in ms. Nothing of it can be claimed: it is our own ping, and being far away can only cost points. */
export const LATENCY_POINTS: readonly Step[] = [
  // same region: a block's three messages fit into 150 ms
  { upTo: 50, points: 150 },
  { upTo: 100, points: 120 },
  // across an ocean
  { upTo: 200, points: 80 },
  { upTo: 400, points: 40 },
  { upTo: Infinity, points: 0 }
]
/** Not pinged yet: as good as the slow half, so that refusing pings never pays. */
export const UNKNOWN_LATENCY_POINTS = 40

/** Time connected in ms: who stayed long stays longer, and time is what an attacker cannot buy more of. */
export const UPTIME_POINTS: readonly Step[] = [
  { upTo: 60_000, points: 0 },
  { upTo: 10 * 60_000, points: 20 },
  { upTo: 60 * 60_000, points: 50 },
  { upTo: 4 * 3_600_000, points: 90 },
  { upTo: 24 * 3_600_000, points: 120 },
  { upTo: Infinity, points: 150 }
]

/** Age of the last block or transaction it brought first, ms. */
export const USEFUL_POINTS: readonly Step[] = [
  { upTo: 10 * 60_000, points: 100 },
  { upTo: 60 * 60_000, points: 50 },
  { upTo: Infinity, points: 0 }
]

/** By place among the peers of one address group, best first: the first brings a new network, the fourth is likely the third again. */
export const GROUP_POINTS: readonly number[] = [100, 0, -100, -200]

/** For the best peers of a type, as many as it has seats: a tenth of full reputation, so a quota never saves a bad peer. */
export const QUOTA_POINTS = 100

/** Mining is claimed, so it may decide between equals only. */
export const MINING_POINTS = 30
const MINING_BITS = SERVICE.mining | SERVICE.aiMining

/** The numbers that add up to a peer's worth; `peers explain` prints them. */
export interface WorthParts {
  readonly reputation: number
  readonly latency: number
  readonly uptime: number
  readonly useful: number
  readonly mining: number
  readonly group: number
  readonly quota: number
}

/** What a peer is worth by itself: 0 for its place in its group and a seat of its type, which depend on the others. */
export function ownWorth (peer: TopologyPeer, now: number): { -readonly [part in keyof WorthParts]: number } {
  return {
    reputation: clampScore(peer.score),
    latency: peer.rttMs !== undefined && peer.rttMs >= 0 ? points(LATENCY_POINTS, peer.rttMs) : UNKNOWN_LATENCY_POINTS,
    uptime: points(UPTIME_POINTS, peer.connectedMs),
    useful: points(USEFUL_POINTS, now - Math.max(peer.firstBlockAt ?? -Infinity, peer.firstTxAt ?? -Infinity)),
    mining: claimsMining(peer) ? MINING_POINTS : 0,
    group: 0,
    quota: 0
  }
}

/** Points of the peer at `place` (0 is the best) of its group. */
export function groupPoints (place: number): number {
  return GROUP_POINTS[Math.min(place, GROUP_POINTS.length - 1)] as number
}

/** True when a peer says that it mines. A hint. */
export function claimsMining ({ nodeType, services }: { readonly nodeType: NodeType, readonly services: bigint }): boolean {
  return nodeType === 'mining' || (services & MINING_BITS) !== 0n
}

/** Reputation as a number from 0 to 1000, whatever came in. */
export function clampScore (score: number): number {
  return Number.isNaN(score) ? 0 : Math.min(1000, Math.max(0, score))
}

function points (table: readonly Step[], value: number): number {
  for (const step of table) if (value <= step.upTo) return step.points
  return 0
}
