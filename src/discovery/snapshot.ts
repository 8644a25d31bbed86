import type { Candidate } from './candidate.ts'
import type { SourceRecord } from './source-log.ts'
import { SOURCES, kindOf } from './sources.ts'
import type { Origin, SourceKind } from './sources.ts'

/** One source as `tosd discover --json` prints it. */
export interface SourceView extends SourceRecord {
  readonly kind: SourceKind
  /** Candidates of the set that it named, alone or with others. */
  readonly candidates: number
}

/** Who came from where, and why a source failed. Plain JSON: service bits in hexadecimal, times in ms. */
export interface DiscoverySnapshot {
  readonly at: number
  readonly candidates: readonly (Omit<Candidate, 'services'> & { readonly services: string })[]
  /** In the order of dialling. */
  readonly sources: readonly SourceView[]
}

/** Pure. */
export function createSnapshot (candidates: readonly Candidate[], records: readonly SourceRecord[], at: number): DiscoverySnapshot {
  const counts = new Map<Origin, number>()
  for (const { origins } of candidates) for (const origin of origins) counts.set(origin, (counts.get(origin) ?? 0) + 1)
  return {
    at,
    candidates: candidates.map(candidate => ({ ...candidate, services: `0x${candidate.services.toString(16)}` })),
    sources: records
      .map(record => ({ ...record, kind: kindOf(record.origin), candidates: counts.get(record.origin) ?? 0 }))
      .sort((a, b) => SOURCES[a.kind].order - SOURCES[b.kind].order || (a.origin < b.origin ? -1 : 1))
  }
}
