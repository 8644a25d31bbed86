import type { Candidate } from './candidate.ts'
import type { Hint } from './hint.ts'
import { SOURCES, kindOf } from './sources.ts'
import type { Origin } from './sources.ts'

interface Named { readonly origin: Origin, readonly at: number }

/** A candidate as it is kept: each fact with the one who said it. */
export interface CandidateEntry {
  readonly key: string
  readonly peer: string | undefined
  /** Address to the most trusted who named it. */
  readonly addresses: Map<string, Named>
  /** Origin to when it last named the candidate. */
  readonly origins: Map<Origin, number>
  nodeType: number
  services: bigint
  /** Trust of the one whose claims these are; −1 for nobody's. */
  claimTrust: number
  readonly firstNamed: number
  /** What others see of it, until it changes. */
  view: Candidate | undefined
}

/** Addresses and origins kept per candidate. */
const MAX_ADDRESSES = 8
const MAX_ORIGINS = 8
/** Addresses one origin may add to a candidate: a liar cannot crowd out the true ones by numbers. */
const MAX_PER_ORIGIN = 4

export const trustOf = (origin: Origin): number => SOURCES[kindOf(origin)].trust

export function newEntry (key: string, peer: string | undefined, now: number): CandidateEntry {
  return { key, peer, addresses: new Map(), origins: new Map(), nodeType: 255, services: 0n, claimTrust: -1, firstNamed: now, view: undefined }
}

/**
 * Adds what `origin` says; true when whoever dials should look again. Anybody may add; what a more trusted one said stays.
 */
export function mergeHint (entry: CandidateEntry, origin: Origin, addresses: readonly string[], { nodeType, services }: Pick<Hint, 'nodeType' | 'services'>, now: number): boolean {
  const known = new Set(entry.addresses.keys())
  entry.view = undefined
  const heard = entry.origins.has(origin)
  entry.origins.set(origin, now)
  for (const extra of rankedOrigins(entry).slice(MAX_ORIGINS)) entry.origins.delete(extra)

  let own = [...entry.addresses.values()].filter(named => named.origin === origin).length
  for (const address of addresses) {
    const old = entry.addresses.get(address)
    if (old === undefined && own++ >= MAX_PER_ORIGIN) continue
    if (old === undefined || trustOf(old.origin) <= trustOf(origin)) entry.addresses.set(address, { origin, at: now })
  }
  for (const address of rankedAddresses(entry).slice(MAX_ADDRESSES)) entry.addresses.delete(address)

  if (trustOf(origin) >= entry.claimTrust && (nodeType !== undefined || services !== undefined)) {
    entry.nodeType = nodeType ?? entry.nodeType
    entry.services = services ?? entry.services
    entry.claimTrust = trustOf(origin)
  }
  return (!heard && entry.origins.has(origin)) || [...entry.addresses.keys()].some(address => !known.has(address))
}

/** The most trusted first, among equals the latest. */
function rankedAddresses ({ addresses }: CandidateEntry): string[] {
  return [...addresses].sort(([, a], [, b]) => trustOf(b.origin) - trustOf(a.origin) || b.at - a.at).map(([address]) => address)
}

/** The most trusted first, among equals who came first. */
function rankedOrigins ({ origins }: CandidateEntry): Origin[] {
  return [...origins.keys()].sort((a, b) => trustOf(b) - trustOf(a))
}

/** The origin whose room the candidate takes: the most trusted, so that a flood of others cannot push it out. */
export function holderOf (entry: CandidateEntry): Origin {
  return rankedOrigins(entry)[0] as Origin
}

/** Forgets origins that have not named the candidate within the life of their kind; true when none is left. */
export function expire (entry: CandidateEntry, now: number): boolean {
  for (const [origin, at] of entry.origins) {
    if (now - at <= SOURCES[kindOf(origin)].lifeMs) continue
    entry.origins.delete(origin)
    entry.view = undefined
  }
  return entry.origins.size === 0
}

/** What others see of an entry. */
export function viewOf (entry: CandidateEntry): Candidate {
  return entry.view ??= makeView(entry)
}

function makeView (entry: CandidateEntry): Candidate {
  const { key, peer, nodeType, services, firstNamed } = entry
  const origins = rankedOrigins(entry)
  const kinds = [...new Set(origins.map(kindOf))]
  const kind = kinds.reduce((best, kind) => SOURCES[kind].order < SOURCES[best].order ? kind : best)
  return { key, peer, addresses: rankedAddresses(entry), kind, origins, kinds: kinds.length, nodeType, services, firstNamed, lastNamed: Math.max(...entry.origins.values()) }
}
