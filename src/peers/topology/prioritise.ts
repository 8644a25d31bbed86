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
import { sortDescending } from './sort-descending.ts'
import { GROUP_POINTS, groupPoints, ownWorth, QUOTA_POINTS } from './worth.ts'
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

interface Entry {
  readonly source: TopologyPeer
  readonly protection: Protection | undefined
  readonly rank: number
  readonly parts: { -readonly [part in keyof WorthParts]: number }
  worth: number
  crowding: Crowding | undefined
  reason: DropReason | undefined
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
  for (const feeler of feelers) if (feeler.source.connectedMs >= FEELER_MS) feeler.reason = 'feeler-done'
  const drops = chooseDrops(ranked, limits)
  const isKept = ({ reason }: Entry): boolean => reason === undefined
  const keep = ranked.filter(isKept)
  return {
    keep: keep.concat(feelers.filter(isKept)).map(standing),
    drop: feelers.filter(entry => !isKept(entry)).concat(drops).map(dropped),
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
    return { source, protection: protectedBy[at], rank, parts, worth, crowding: undefined, reason: undefined, order: rank * RANK_STEP + worth + random() }
  })
  giveGroups(entries, exemptPrivate)
  giveQuotas(entries, quotaSeats(limits.target))
  const ranked = sortDescending(entries, ({ order }) => order)
  const networks = outboundNetworks(limits, exemptPrivate)
  for (const entry of ranked) {
    if (entry.source.direction !== 'outbound') continue
    entry.crowding = networks.crowded(entry.source)
    // one that breaks a rule holds no place in it: it would push out others after it is gone
    if (entry.crowding === undefined) networks.add(entry.source)
  }
  return ranked
}

/** Points for the place in the group. All from the last place in the table on get the same, so only those before it are put in order. */
function giveGroups (entries: readonly Entry[], exemptPrivate: boolean): void {
  const bestOf = new Map<string, Entry[]>()
  const places = GROUP_POINTS.length - 1
  for (const entry of entries) {
    const { group, privateRange } = entry.source
    if (group === undefined || (exemptPrivate && privateRange === true)) continue
    entry.parts.group = groupPoints(places)
    const best = bestOf.get(group)
    if (best === undefined) bestOf.set(group, [entry])
    else insertBest(best, entry, places)
  }
  for (const best of bestOf.values()) for (let place = 0; place < best.length; place++) (best[place] as Entry).parts.group = groupPoints(place)
  for (const entry of entries) raise(entry, entry.parts.group)
}

/** Points for a seat: the best of each type have one. */
function giveQuotas (entries: readonly Entry[], seats: Readonly<Record<QuotaType, number>>): void {
  const seated: Record<QuotaType, Entry[]> = { full: [], light: [], mining: [], validator: [] }
  for (const entry of entries) {
    const type = countedType(entry.source)
    if (type !== 'unknown') insertBest(seated[type], entry, seats[type])
  }
  for (const entry of Object.values(seated).flat()) {
    entry.parts.quota = QUOTA_POINTS
    raise(entry, QUOTA_POINTS)
  }
}

function raise (entry: Entry, points: number): void {
  entry.worth += points
  entry.order += points
}

/** Puts an entry into its place in a list of the `most` best ones, best first. Most are passed over with one comparison. */
function insertBest (best: Entry[], entry: Entry, most: number): void {
  if (best.length === most) {
    if (most === 0 || (best[most - 1] as Entry).order >= entry.order) return
    best.pop()
  }
  let at = best.length
  for (; at > 0 && (best[at - 1] as Entry).order < entry.order; at--) best[at] = best[at - 1] as Entry
  best[at] = entry
}

/** Gives a reason to everyone who goes; returns them in order. */
function chooseDrops (ranked: readonly Entry[], limits: TopologyLimits): Entry[] {
  const drops: Entry[] = []
  const worstFirst = ranked.toReversed()
  const open = worstFirst.filter(({ rank }) => rank === 0)
  let size = ranked.length
  let outbound = ranked.filter(({ source }) => source.direction === 'outbound').length
  let settled = ranked.filter(({ protection }) => protection !== 'young').length

  const drop = (entry: Entry, reason: DropReason): void => {
    if (entry.reason !== undefined) return
    const isOutbound = entry.source.direction === 'outbound'
    if (isOutbound && outbound - 1 < outboundFloor(size - 1, limits)) return
    entry.reason = reason
    drops.push(entry)
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
  return drops
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

function standing ({ source: { peer }, worth, parts, protection, crowding }: Entry): Standing {
  return { peer, worth, parts, protection, crowding }
}

function dropped ({ source: { peer }, worth, parts, protection, crowding, reason }: Entry): Dropped {
  return { peer, worth, parts, protection, crowding, reason: reason as DropReason }
}
