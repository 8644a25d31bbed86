import { isNamed } from './peer.ts'
import type { TopologyPeer } from './peer.ts'
import { clampScore } from './worth.ts'

/** Why a peer is not pruned. */
export type Protection = 'operator' | 'anchor' | 'block-only' | 'first-block' | 'first-tx' | 'young'

/** Strength of each protection: above `max` connections the weakest go first, and the operator's never. */
export const PROTECTION_RANK: Readonly<Record<Protection, number>> = {
  // static, pinned, trusted: the operator knows more than any score
  operator: 6,
  // a link that survived a restart is the one thing an eclipse cannot have prepared
  anchor: 5,
  // two slots of their own; few can be found by an observer
  'block-only': 4,
  // an attacker must mine, or relay faster than everybody, to earn this
  'first-block': 3,
  // cheaper to earn, since anyone can make a transaction
  'first-tx': 2,
  // nothing is known of it yet
  young: 1
}

/** Below this reputation (start 500, one heavy penalty 100) nothing earned protects: a useful vandal is a vandal. */
export const EARNED_ABOVE = 400
/** One ping and one block later there is something to judge by. */
export const YOUNG_MS = 60_000
/** Peers protected for blocks, and as many for transactions: too few to fill a table, enough to keep the news coming. */
export const USEFUL_SLOTS = 4
/** A first delivery counts this long. */
export const USEFUL_MS = 10 * 60_000

/** The strongest protection of each peer that has any, by its place in `peers`. */
export function protections (peers: readonly TopologyPeer[], now: number): (Protection | undefined)[] {
  const earned = (peer: TopologyPeer): boolean => clampScore(peer.score) >= EARNED_ABOVE
  const found = peers.map((peer): Protection | undefined => {
    if (isNamed(peer)) return 'operator'
    if (peer.role === 'anchor' || peer.role === 'block-only') return peer.role
    return peer.connectedMs < YOUNG_MS && earned(peer) ? 'young' : undefined
  })
  for (const [protection, timeOf] of [
    ['first-tx', (peer: TopologyPeer) => peer.firstTxAt],
    ['first-block', (peer: TopologyPeer) => peer.firstBlockAt]
  ] as const) {
    for (const at of latest(peers, peer => earned(peer) ? timeOf(peer) : undefined, now - USEFUL_MS)) {
      if (PROTECTION_RANK[protection] > rankOf(found[at])) found[at] = protection
    }
  }
  return found
}

/** Rank of a protection; 0 for none. */
export function rankOf (protection: Protection | undefined): number {
  return protection === undefined ? 0 : PROTECTION_RANK[protection]
}

/** Places of the few with the latest time, not before `since`. */
function latest (peers: readonly TopologyPeer[], timeOf: (peer: TopologyPeer) => number | undefined, since: number): number[] {
  const found: { at: number, time: number }[] = []
  peers.forEach((peer, at) => {
    const time = timeOf(peer)
    // few are kept, so most are passed over with one comparison
    if (time === undefined || !(time >= since) || (found.length === USEFUL_SLOTS && time <= (found.at(-1)?.time ?? 0))) return
    found.push({ at, time })
    found.sort((a, b) => b.time - a.time)
    if (found.length > USEFUL_SLOTS) found.pop()
  })
  return found.map(({ at }) => at)
}
