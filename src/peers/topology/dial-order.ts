import type { DialCandidate, OutboundSlot, WhyNot } from './candidate.ts'
import type { DialLimits } from './dial-limits.ts'
import type { DialState } from './dial-state.ts'
import type { Want } from './prioritise.ts'

/** Candidates that may be dialled at all; the others get their reason. */
export function eligible (candidates: Iterable<DialCandidate>, { now, connected, reached, slots, want }: DialState, limits: DialLimits, explain: Map<string, WhyNot>): DialCandidate[] {
  const taken = new Map(slots.map(({ peer, dialling }) => [peer, dialling ? 'dialling' as const : 'connected' as const]))
  const reason = (candidate: DialCandidate): WhyNot | undefined => {
    const { peer, addresses, banned, notBefore, dialFailed, triedAt } = candidate
    if (connected.has(peer)) return 'connected'
    if (taken.has(peer)) return taken.get(peer)
    if (banned === true) return 'banned'
    if (addresses.length === 0) return 'no-address'
    if (reached.has(peer)) return 'reached'
    if (notBefore <= now) return undefined
    // our own network may be what failed; a goodbye, on the other hand, is always respected
    const again = want.emergency && dialFailed === true && triedAt !== undefined && now - triedAt >= limits.emergencyRetryMs
    return again ? undefined : 'cooling'
  }
  const found = new Map<string, DialCandidate>()
  for (const candidate of candidates) {
    const why = reason(candidate)
    if (why === undefined) found.set(candidate.peer, candidate)
    else explain.set(candidate.peer, why)
  }
  return [...found.values()]
}

/** A type below its seats is preferred by a tenth: a tie-break among hints. */
const WANTED_TYPE = 1.1

/** Best first: anchors and trusted peers, then those that failed least, tried ones, those of the higher prior, and chance among equals. */
export function inOrder (candidates: readonly DialCandidate[], random: () => number, { types }: Want): DialCandidate[] {
  const rank = (candidate: DialCandidate): number => isKept(candidate) ? 0 : candidate.role === 'anchor' || candidate.role === 'trusted' ? 1 : 2
  const isWanted = ({ nodeType }: DialCandidate): boolean => nodeType !== undefined && nodeType !== 'unknown' && types[nodeType] > 0
  return candidates
    .map(candidate => ({ candidate, rank: rank(candidate), prior: candidate.prior * (isWanted(candidate) ? WANTED_TYPE : 1), tie: random() }))
    .sort((a, b) => a.rank - b.rank || a.candidate.failures - b.candidate.failures || Number(b.candidate.tried) - Number(a.candidate.tried) || b.prior - a.prior || a.tie - b.tie)
    .map(({ candidate }) => candidate)
}

/** Every fourth outbound slot carries blocks only until there are `most`: in step with the others, so that the first slots are of full use. */
export function blockOnlyCounter (slots: readonly OutboundSlot[], most: number): { next (candidate: DialCandidate): 'full' | 'block-only', add (purpose: 'full' | 'block-only'): void } {
  const count = { full: 0, 'block-only': 0 }
  for (const { purpose } of slots) if (purpose === 'full' || purpose === 'block-only') count[purpose]++
  return {
    // a light node has no blocks to give
    next: ({ nodeType }) => nodeType !== 'light' && count['block-only'] < most && count.full >= 3 * (count['block-only'] + 1) ? 'block-only' : 'full',
    add: purpose => { count[purpose]++ }
  }
}

/** True for peers that the operator wants connected whatever the counts say; a trusted one is only spared the rules. */
export function isKept ({ role }: DialCandidate): boolean {
  return role === 'static' || role === 'pinned'
}
