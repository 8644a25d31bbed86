import type { DialCandidate, DialOrigin, DialPurpose, PlannedDial, WhyNot } from './candidate.ts'
import { DIAL_LIMITS } from './dial-limits.ts'
import { blockOnlyCounter, eligible, inOrder, isKept } from './dial-order.ts'
import type { DialOptions, DialPlan, DialState } from './dial-state.ts'
import { outboundNetworks } from './diversity.ts'
import { topologyLimits } from './limits.ts'
import { sourceShares } from './source-shares.ts'
import type { ShareRules } from './source-shares.ts'

// the rules of the rounds: strictly, then without another kind of source to wait for, then with one seed only
const BOTH_SHARES: ShareRules = { perSeed: true, perSource: true }
const SEED_SHARE: ShareRules = { perSeed: true, perSource: false }
const NO_SHARES: ShareRules = { perSeed: false, perSource: false }

/**
 * Whom to dial next. Pure. Operator's peers first whatever the counts, then anchors, then those that never failed, tried ones first, by prior;
 * bootstrap peers last, but in an emergency some places are theirs at once. Never more dials in flight than `parallel`.
 */
export function planDials (candidates: Iterable<DialCandidate>, state: DialState, options: DialOptions): DialPlan {
  const { now, slots, want } = state
  const limits = topologyLimits(options.limits)
  const dialLimits = { ...DIAL_LIMITS, ...options.dials }
  const explain = new Map<string, WhyNot>()
  const dials: PlannedDial[] = []
  const shares = sourceShares(slots, limits)
  const networks = outboundNetworks(limits, options.exemptPrivate ?? false)
  for (const slot of slots) if (slot.purpose !== 'feeler') networks.add(slot)

  const inFlight = slots.filter(({ dialling }) => dialling)
  const parallel = want.emergency ? dialLimits.emergencyParallel : dialLimits.parallel
  let room = Math.max(0, parallel - inFlight.length)
  const coming = inFlight.filter(({ purpose }) => purpose !== 'feeler').length
  let wanted = Math.max(0, Math.max(want.peers, want.outbound) - coming)
  const extra = wanted === 0 && state.staleTip === true && coming === 0 && !slots.some(({ purpose }) => purpose === 'extra')
  if (extra) wanted = 1
  const kinds = blockOnlyCounter(slots, limits.blockOnly)

  const open = inOrder(eligible(candidates, state, dialLimits, explain), options.random, want)
  const isBootstrap = ({ origins }: DialCandidate): boolean => origins.every(({ source }) => source === 'bootstrap')
  const kept = open.filter(isKept)
  const seeds = open.filter(candidate => !isKept(candidate) && isBootstrap(candidate))
  const others = open.filter(candidate => !isKept(candidate) && !isBootstrap(candidate))

  const take = (candidate: DialCandidate, purpose: DialPurpose, origin: DialOrigin): void => {
    dials.push({ candidate, purpose, origin })
    explain.delete(candidate.peer)
    room--
    if (purpose === 'feeler') return
    wanted--
    networks.add(candidate)
    shares.add(origin)
    if (purpose === 'full' || purpose === 'block-only') kinds.add(purpose)
  }
  /** One round over `list`, leaving `spare` dials for others. Everybody it passes over gets the reason. */
  const fill = (list: readonly DialCandidate[], rules: ShareRules, spare = 0): void => {
    for (const candidate of list) {
      if (dials.some(dial => dial.candidate === candidate)) continue
      const origin = wanted <= 0 ? 'enough' : Math.min(room, wanted) <= spare ? 'queue' : refused(candidate) ?? shares.room(candidate, candidate.role === 'trusted' ? NO_SHARES : rules)
      if (typeof origin === 'string') explain.set(candidate.peer, origin)
      else take(candidate, extra ? 'extra' : candidate.role === 'anchor' ? 'anchor' : kinds.next(candidate), origin)
    }
  }
  // a name the operator put down as bootstrap resolves to any network
  const refused = (candidate: DialCandidate): WhyNot | undefined => {
    const found = candidate.role === 'trusted' ? undefined : networks.crowded(candidate)
    return found === 'unknown-group' && isBootstrap(candidate) ? undefined : found
  }

  for (const candidate of kept) {
    if (room > 0) take(candidate, 'named', candidate.origins[0] ?? { source: 'operator', seed: 'operator' })
    else explain.set(candidate.peer, 'queue')
  }
  const bootstraps = slots.filter(({ origin }) => origin.source === 'bootstrap').length
  const half = Math.floor(Math.min(wanted, parallel) / 2)
  const reserve = want.emergency ? Math.max(0, Math.min(dialLimits.bootstrapReserve - bootstraps, seeds.length, half)) : 0
  fill(others, BOTH_SHARES, reserve)
  fill(others, SEED_SHARE, reserve)
  const waiting = others.some(({ peer }) => explain.get(peer) === 'queue')
  fill(waiting ? seeds.slice(0, reserve) : seeds, SEED_SHARE)
  for (const { peer } of waiting ? seeds.slice(reserve) : []) explain.set(peer, 'bootstrap-last')

  const left = others.filter(candidate => explain.has(candidate.peer) && refused(candidate) === undefined)
  const starved = left.length > 0 && left.every(candidate => shares.room(candidate, SEED_SHARE) === 'one-seed')
  const patience = want.emergency ? dialLimits.emergencyRelaxAfterMs : dialLimits.relaxAfterMs
  if (starved && now - (state.starvedSince ?? now) >= patience) fill(left, NO_SHARES)

  const quiet = Math.max(want.peers, want.outbound) === 0 && !extra && !slots.some(({ purpose, dialling }) => dialling && purpose === 'feeler')
  if (quiet && room > 0 && now - (state.lastFeelerAt ?? -Infinity) >= dialLimits.feelerEveryMs) {
    const untried = others.filter(candidate => !candidate.tried && !dials.some(dial => dial.candidate === candidate))
    const chosen = untried[Math.floor(options.random() * untried.length)]
    const origin = chosen?.origins[0]
    if (chosen !== undefined && origin !== undefined) take(chosen, 'feeler', origin)
  }
  return { dials, explain, starved }
}
