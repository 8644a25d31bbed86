/** How a candidate can become known. */
export type SourceKind = 'anchor' | 'book' | 'operator' | 'bootstrap' | 'dns' | 'mdns' | 'dht' | 'exchange'

/** Who exactly said so: `book`, `dns:peers.example.org`, `exchange:<peer id>`. */
export type Origin = SourceKind | `${SourceKind}:${string}`

/** What a kind of source is worth. */
export interface SourceRule {
  /** Place in the order of dialling, first = 0. */
  readonly order: number
  /** Whose word counts when two disagree about an address, highest first. */
  readonly trust: number
  /** Share of the candidate set that belongs to it alone: a flood from one kind costs the others nothing. */
  readonly share: number
  /** How long a candidate stays after it was last named, ms. */
  readonly lifeMs: number
}

const HOUR_MS = 3_600_000

/** The disk is asked first: what is on it was met by us, and an attacker cannot answer in its place. Shares add up to 1. */
export const SOURCES: Readonly<Record<SourceKind, SourceRule>> = {
  // the last outbound peers before the stop: the strongest hold against an eclipse over a restart
  anchor: { order: 0, trust: 6, share: 0.02, lifeMs: Infinity },
  book: { order: 1, trust: 5, share: 0.33, lifeMs: Infinity },
  // named by hand: few, and never outdated by what the network says
  operator: { order: 2, trust: 7, share: 0.1, lifeMs: Infinity },
  // only good to get in; they carry everybody's first dial, so others go first when there are any
  bootstrap: { order: 7, trust: 4, share: 0.05, lifeMs: Infinity },
  // at most 64 records each, and anybody on the way may answer unless they are signed
  dns: { order: 4, trust: 3, share: 0.15, lifeMs: HOUR_MS },
  mdns: { order: 3, trust: 2, share: 0.1, lifeMs: HOUR_MS },
  dht: { order: 5, trust: 1, share: 0.15, lifeMs: HOUR_MS },
  exchange: { order: 6, trust: 0, share: 0.1, lifeMs: HOUR_MS }
}

/** The kind in front of the colon. */
export function kindOf (origin: Origin): SourceKind {
  const at = origin.indexOf(':')
  return (at < 0 ? origin : origin.slice(0, at)) as SourceKind
}
