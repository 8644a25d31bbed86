import type { Candidate } from './candidate.ts'
import { kindOf } from './sources.ts'
import type { Origin, SourceKind } from './sources.ts'

/** Options of `withinShare`. */
export interface ShareOptions {
  /** Outbound slots to fill. */
  readonly slots: number
  /** Most of them that may rest on the word of one origin. Default a quarter (SECURITY.md §3), at least one. */
  readonly share?: number
  /** How many of the slots are filled already, by origin. */
  readonly used?: ReadonlyMap<Origin, number>
  /** Kinds whose origins are limited; default DNS seeds and peers that tell us others. */
  readonly limited?: ReadonlySet<SourceKind>
}

const LIMITED: ReadonlySet<SourceKind> = new Set(['dns', 'exchange'])

/**
 * The first `slots` candidates of which no single origin accounts for more than its share. A candidate that an unlimited source
 * names too is charged to nobody; one that several limited origins name, to the least used of them: each vouched for it alone. Pure.
 */
export function withinShare (candidates: Iterable<Candidate>, { slots, share = 0.25, used = new Map(), limited = LIMITED }: ShareOptions): Candidate[] {
  const most = Math.max(1, Math.floor(slots * share))
  const counts = new Map(used)
  const chosen: Candidate[] = []
  for (const candidate of candidates) {
    if (chosen.length === slots) break
    const origin = chargedTo(candidate, counts, limited)
    const count = origin === undefined ? 0 : counts.get(origin) ?? 0
    if (origin !== undefined && count >= most) continue
    if (origin !== undefined) counts.set(origin, count + 1)
    chosen.push(candidate)
  }
  return chosen
}

/** The origin a candidate is charged to; undefined when it rests on no limited one. */
export function chargedTo ({ origins }: Candidate, counts: ReadonlyMap<Origin, number>, limited: ReadonlySet<SourceKind> = LIMITED): Origin | undefined {
  if (origins.some(origin => !limited.has(kindOf(origin)))) return undefined
  return [...origins].sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0))[0]
}
