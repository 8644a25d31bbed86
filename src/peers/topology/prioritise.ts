import { outboundNetworks } from './diversity.ts'
import type { Crowding } from './diversity.ts'
import { outboundFloor, topologyLimits } from './limits.ts'
import type { TopologyLimits } from './limits.ts'
import { countedType } from './peer.ts'
import type { TopologyPeer } from './peer.ts'
import { protections, rankOf } from './protection.ts'
import type { Protection } from './protection.ts'
import { quotaSeats } from './quotas.ts'
import type { QuotaType } from './quotas.ts'
import { groupPoints, ownWorth, QUOTA_POINTS } from './worth.ts'
import type { WorthParts } from './worth.ts'

/** Options of `prioritise`. */
export interface PrioritiseOptions {
  /** Ms, on the clock of `firstBlockAt` and `firstTxAt`. */
  readonly now: number
  /** 0 ≤ r < 1; decides between equals only. */
  readonly random: () => number
  /** Loopback and private addresses follow no diversity rule. Default false. */
  readonly exemptPrivate?: boolean
  readonly limits?: Partial<TopologyLimits>
}

/** Where a peer stands, and every number that put it there. */
export interface Standing {
  readonly peer: string
  /** Sum of `parts`. */
  readonly worth: number
  readonly parts: WorthParts
  readonly protection: Protection | undefined
  /** The diversity rule this outbound peer breaks. */
  readonly crowding: Crowding | undefined
}

/** Why a peer goes: too many peers, a network we have already, more than `max` in spite of a protection, or a feeler left behind. */
export type DropReason = 'excess' | 'crowded' | 'over-max' | 'feeler-done'

export interface Dropped extends Standing {
  readonly reason: DropReason
}

/** What the node lacks once the drops are done. */
export interface Want {
  /** Peers up to the target, from either side. */
  readonly peers: number
  /** Outbound peers in networks of their own; may be above 0 at target: inbound peers then make room at the next pruning. */
  readonly outbound: number
  /** Peers of each type up to its seats: a preference, never a reason to refuse. */
  readonly types: Readonly<Record<QuotaType, number>>
  /** Fewer than `min` peers are left. */
  readonly emergency: boolean
}

export interface Priorities {
  /** Most worth keeping first, protected ones in front. */
  readonly keep: readonly Standing[]
  /** In the order of dropping. */
  readonly drop: readonly Dropped[]
  readonly want: Want
}

/** A feeler has done its work after a handshake; 30 s is six of those. */
const FEELER_MS = 30_000

interface Entry extends Standing {
  readonly source: TopologyPeer
  readonly rank: number
  readonly parts: { -readonly [part in keyof WorthParts]: number }
  worth: number
  crowding: Crowding | undefined
  /** Protection first, then worth, then chance: one number, because comparing is most of the work. */
  order: number
}

/** More than any worth. */
const RANK_STEP = 10_000

/**
 * Whom to keep, whom to drop and what to look for. Pure: the same peers, time and random numbers give the same answer.
 *
 * Promises: settled peers beyond `target` go, the least worth first; never below `min`; no outbound peer goes when that would leave fewer than
 * `minOutbound` or the outbound share; static, pinned and trusted peers never go; young ones do not count against others.
 */
export function prioritise (peers: readonly TopologyPeer[], options: PrioritiseOptions): Priorities {
  const limits = topologyLimits(options.limits)
  const ranked = rank(peers.filter(({ role }) => role !== 'feeler'), options, limits)
  // feelers hold no slot, so they are compared with nobody
  const feelers = rank(peers.filter(({ role }) => role === 'feeler'), options, limits)
  const reasons = chooseDrops(ranked, limits)
  const keep: Entry[] = ranked.filter(entry => !reasons.has(entry))
  const isDone = ({ source }: Entry): boolean => source.connectedMs >= FEELER_MS
  return {
    keep: [...keep.map(standing), ...feelers.filter(entry => !isDone(entry)).map(standing)],
    drop: [
      ...feelers.filter(isDone).map(entry => dropped(entry, 'feeler-done')),
      ...Array.from(reasons, ([entry, reason]) => dropped(entry, reason))
    ],
    want: wanted(keep, limits)
  }
}

/** Peers with their full worth, best first. Places in a group go by what each is worth alone, seats of a type also by its place in the group. */
function rank (peers: readonly TopologyPeer[], { now, random, exemptPrivate = false }: PrioritiseOptions, limits: TopologyLimits): Entry[] {
  const protectedBy = protections(peers, now)
  const entries = peers.map((source, at): Entry => {
    const parts = ownWorth(source, now)
    const worth = parts.reputation + parts.latency + parts.uptime + parts.useful + parts.mining
    const rank = rankOf(protectedBy[at])
    return { peer: source.peer, worth, parts, protection: protectedBy[at], crowding: undefined, source, rank, order: rank * RANK_STEP + worth + random() }
  })
  const best = (a: Entry, b: Entry): number => b.order - a.order
  const give = (entry: Entry, part: 'group' | 'quota', points: number): void => {
    entry.parts[part] = points
    entry.worth += points
    entry.order += points
  }

  const places = new Map<string, number>()
  for (const entry of entries.sort(best)) {
    const { group, privateRange } = entry.source
    if (group === undefined || (exemptPrivate && privateRange === true)) continue
    const place = places.get(group) ?? 0
    places.set(group, place + 1)
    give(entry, 'group', groupPoints(place))
  }
  const seats = quotaSeats(limits.target)
  for (const entry of entries.sort(best)) {
    const type = countedType(entry.source)
    if (type !== 'unknown' && seats[type]-- > 0) give(entry, 'quota', QUOTA_POINTS)
  }
  const networks = outboundNetworks(limits, exemptPrivate)
  for (const entry of entries.sort(best)) {
    if (entry.source.direction !== 'outbound') continue
    entry.crowding = networks.crowded(entry.source)
    // one that breaks a rule holds no place in it: it would push out others after it is gone
    if (entry.crowding === undefined) networks.add(entry.source)
  }
  return entries
}

/** Who goes and why, in order. */
function chooseDrops (ranked: readonly Entry[], limits: TopologyLimits): Map<Entry, DropReason> {
  const reasons = new Map<Entry, DropReason>()
  const worstFirst = ranked.toReversed()
  const open = worstFirst.filter(({ rank }) => rank === 0)
  let size = ranked.length
  let outbound = ranked.filter(({ source }) => source.direction === 'outbound').length
  let settled = ranked.filter(({ protection }) => protection !== 'young').length

  const drop = (entry: Entry, reason: DropReason): void => {
    if (reasons.has(entry)) return
    const isOutbound = entry.source.direction === 'outbound'
    if (isOutbound && outbound - 1 < outboundFloor(size - 1, limits)) return
    reasons.set(entry, reason)
    size--
    if (isOutbound) outbound--
    if (entry.protection !== 'young') settled--
  }

  for (const entry of open) if (entry.crowding !== undefined && size > limits.min) drop(entry, 'crowded')
  // twice: an outbound peer spared in the first round may go once inbound ones have left
  for (let round = 0; round < 2; round++) {
    for (const entry of open) if (settled > limits.target) drop(entry, 'excess')
  }
  // the young first, however good they look: they do not push out the settled
  const yielding = worstFirst.filter(({ rank, protection }) => rank > 0 && protection !== 'operator')
  for (let round = 0; round < 2; round++) {
    for (const entry of yielding) if (size > limits.max) drop(entry, 'over-max')
  }
  return reasons
}

function wanted (keep: readonly Entry[], limits: TopologyLimits): Want {
  const outbound = keep.filter(({ source, crowding }) => source.direction === 'outbound' && crowding === undefined).length
  const settled = keep.filter(({ protection }) => protection !== 'young').length
  const types = quotaSeats(limits.target)
  for (const { source } of keep) {
    const type = countedType(source)
    if (type !== 'unknown') types[type] = Math.max(0, types[type] - 1)
  }
  return {
    peers: Math.max(0, limits.target - keep.length),
    outbound: Math.max(0, outboundFloor(Math.max(limits.target, settled), limits) - outbound),
    types,
    emergency: keep.length < limits.min
  }
}

function standing ({ peer, worth, parts, protection, crowding }: Standing): Standing {
  return { peer, worth, parts, protection, crowding }
}

function dropped ({ peer, worth, parts, protection, crowding }: Standing, reason: DropReason): Dropped {
  return { peer, worth, parts, protection, crowding, reason }
}
