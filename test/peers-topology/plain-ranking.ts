import { outboundNetworks } from '../../src/peers/topology/diversity.ts'
import { topologyLimits } from '../../src/peers/topology/limits.ts'
import { countedType } from '../../src/peers/topology/peer.ts'
import type { TopologyPeer } from '../../src/peers/topology/index.ts'
import { protections, rankOf } from '../../src/peers/topology/protection.ts'
import { quotaSeats } from '../../src/peers/topology/quotas.ts'
import { groupPoints, ownWorth, QUOTA_POINTS } from '../../src/peers/topology/worth.ts'
import { NOW } from './support.ts'

/** What `prioritise` says of each peer, best first, in the plainest words: everybody sorted anew whenever points were given. No feelers. */
export function plainRanking (peers: readonly TopologyPeer[], random: () => number, exemptPrivate: boolean) {
  const limits = topologyLimits()
  const protectedBy = protections(peers, NOW)
  const entries = peers.map((source, at) => ({ source, parts: ownWorth(source, NOW), protection: protectedBy[at], chance: random() }))
  const worthOf = ({ parts }: typeof entries[number]): number => Object.values(parts).reduce((sum, points) => sum + points)
  const sort = (): typeof entries => entries.sort((a, b) => rankOf(b.protection) - rankOf(a.protection) || worthOf(b) - worthOf(a) || b.chance - a.chance)

  const places = new Map<string, number>()
  const inGroups = sort().filter(({ source: { group, privateRange } }) => group !== undefined && !(exemptPrivate && privateRange === true))
  const placed = inGroups.map(entry => {
    const group = entry.source.group as string
    const place = places.get(group) ?? 0
    places.set(group, place + 1)
    return { entry, points: groupPoints(place) }
  })
  for (const { entry, points } of placed) entry.parts.group = points
  const seats = quotaSeats(limits.target)
  const seated = [...sort()].filter(({ source }) => {
    const type = countedType(source)
    return type !== 'unknown' && seats[type]-- > 0
  })
  for (const { parts } of seated) parts.quota = QUOTA_POINTS
  const networks = outboundNetworks(limits, exemptPrivate)
  return sort().map(entry => {
    const { source, parts, protection } = entry
    const crowding = source.direction === 'outbound' ? networks.crowded(source) : undefined
    if (source.direction === 'outbound' && crowding === undefined) networks.add(source)
    return { peer: source.peer, worth: worthOf(entry), parts, protection, crowding }
  })
}
