import { SOURCES } from './sources.ts'
import type { Origin, SourceKind } from './sources.ts'

/** A peer that could be dialled, and who named it. */
export interface Candidate {
  /** Text form of the PeerId, or the address itself while no id is known. */
  readonly key: string
  readonly peer: string | undefined
  /** Multiaddrs without `/p2p/…`: the most trusted first, among equals the latest. At most 8. */
  readonly addresses: readonly string[]
  /** The kind of source that gives it its place in the order. */
  readonly kind: SourceKind
  /** Everybody who named it, most trusted first. At most 8. */
  readonly origins: readonly Origin[]
  /** How many kinds of source they are of: many of one kind mean little, for a liar is cheap; different kinds are harder to have. */
  readonly kinds: number
  /** As claimed; 255 when nobody said. */
  readonly nodeType: number
  readonly services: bigint
  /** When it was first and last named, ms of the injected clock. */
  readonly firstNamed: number
  readonly lastNamed: number
}

/** Order of dialling: by kind, then those that several kinds of source agree on, then the older. */
export function byOrder (a: Candidate, b: Candidate): number {
  return SOURCES[a.kind].order - SOURCES[b.kind].order || b.kinds - a.kinds || a.firstNamed - b.firstNamed
}
