import type { DialCandidate, DialOrigin, DialSource, OutboundSlot } from './candidate.ts'
import type { TopologyLimits } from './limits.ts'

/** Sources whose every word may be a lie told to us alone. The book has its own bounds per source group; the operator is believed. */
const HEARSAY: ReadonlySet<DialSource> = new Set(['dns', 'bootstrap', 'dht', 'mdns', 'exchange'])

/** Which shares a pass of the plan minds. */
export interface ShareRules {
  readonly perSeed: boolean
  readonly perSource: boolean
}

/** Counts outbound slots by who told of them. */
export interface SourceShares {
  /** The origin to charge, or the share that is used up. */
  room (candidate: DialCandidate, rules: ShareRules): DialOrigin | 'one-seed' | 'one-source'
  add (origin: DialOrigin): void
}

export function sourceShares (slots: readonly OutboundSlot[], { minOutbound, seedShare, sourceShare }: TopologyLimits): SourceShares {
  const seeds = new Map<string, number>()
  const sources = new Map<DialSource, number>()
  let total = 0
  const seedKey = ({ source, seed }: DialOrigin): string => `${source} ${seed}`
  const used = (origin: DialOrigin): number => seeds.get(seedKey(origin)) ?? 0
  const shares: SourceShares = {
    room ({ origins }, { perSeed, perSource }) {
      // of the set as it will be, but the first few count as if it were full: a share of two peers would be none
      const size = Math.max(minOutbound, total + 1)
      const most = (share: number): number => Math.max(1, Math.floor(size * share / 1000))
      const open = origins.filter(origin => !perSeed || !HEARSAY.has(origin.source) || used(origin) < most(seedShare))
      if (open.length === 0) return 'one-seed'
      const free = open.filter(({ source }) => !perSource || source === 'operator' || (sources.get(source) ?? 0) < most(sourceShare))
      // charged to whom is owed least, so that naming everybody's peers takes no place from other seeds
      return free.length === 0 ? 'one-source' : free.reduce((least, origin) => used(origin) < used(least) ? origin : least)
    },
    add (origin) {
      seeds.set(seedKey(origin), used(origin) + 1)
      sources.set(origin.source, (sources.get(origin.source) ?? 0) + 1)
      total++
    }
  }
  for (const { purpose, origin } of slots) if (purpose !== 'feeler') shares.add(origin)
  return shares
}
