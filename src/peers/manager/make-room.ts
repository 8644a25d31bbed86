import { evictInbound } from '../net/index.ts'
import type { EvictionCandidate, KeyHash } from '../net/index.ts'
import { topologyLimits } from '../topology/index.ts'
import type { TopologyLimits } from '../topology/index.ts'

/** A connected peer, as whoever looks for a place for a newcomer sees it. */
export interface PlacedPeer extends EvictionCandidate {
  /** The operator's own: it holds none of the places and is never sent away. */
  readonly spared: boolean
}

/** What to do with an inbound newcomer. */
export type Room = 'free' | 'full' | { readonly evict: string }

/**
 * Whether there is a place for one more inbound peer, or who makes room for it (SECURITY §3). Inbound peers get what the outbound ones leave
 * of `max`, and those keep their share even when it is not used: whoever fills our inbound side must not keep us from dialling.
 */
export function makeRoom (peers: readonly PlacedPeer[], changes: Partial<TopologyLimits>, hash: KeyHash): Room {
  const { max, outboundShare } = topologyLimits(changes)
  const counted = peers.filter(({ spared }) => !spared)
  const inbound = counted.filter(({ direction }) => direction === 'inbound')
  // a node with very few places still lets somebody in
  const kept = Math.min(max - 1, Math.ceil(max * outboundShare / 1000))
  const places = max - Math.max(kept, counted.length - inbound.length)
  if (inbound.length < places) return 'free'
  const evict = evictInbound(inbound, hash)
  return evict === undefined ? 'full' : { evict }
}
