/** Where a score starts and what decay leads back to. All scores are integer thousandths: in floats 0.7 − 0.2 − 0.2 is below 0.3 (WIRE.md §7). */
export const START = 500
export const LOWEST = 0
export const HIGHEST = 1000
/** A peer whose merit is below this is banned. */
export const THRESHOLD = 300
/** Where a peer starts again when its ban ends: as written in the specification, a blacklisted peer could never recover. */
export const AFTER_BAN = THRESHOLD + 50
/** At most one penalty per peer and reason within this time, ms: one cause often shows as many errors. */
export const PENALTY_GAP_MS = 10_000
/** Most that transport troubles take off a score, and never below the threshold. Off-path attackers can cause them. */
export const MAX_TROUBLE = 100

/**
 * What a reason speaks about. `quota`: too much of something, lifted by a whitelist. `validity`: a proof of misbehaviour on an
 * authenticated connection, never lifted. `transport`: may be the path's fault or a stranger's, never bans. `reward`: useful work.
 */
export type RuleKind = 'reward' | 'quota' | 'validity' | 'transport'

/** What one reason does to a score. */
export interface Rule {
  readonly kind: RuleKind
  /** Thousandths. */
  readonly delta: number
  /** Rewards: most thousandths a peer gains for this reason within a minute. */
  readonly perMinute: number
  /** Rewards: this reason lifts no score above it. */
  readonly ceiling: number
  readonly why: string
}

const reward = (delta: number, perMinute: number, ceiling: number, why: string): Rule => ({ kind: 'reward', delta, perMinute, ceiling, why })
const penalty = (kind: RuleKind, delta: number, why: string): Rule => ({ kind, delta, perMinute: 0, ceiling: 0, why })

/**
 * The specification's tables (`reputation_changes`, `penalty_map`) and one line of ours. Rewards have two brakes: what is cheap to
 * do lifts a peer little above the start, so that it cannot save up for an attack, and nothing lifts it fast.
 */
const table = {
  valid_block: reward(50, 100, HIGHEST, 'proof of work stands behind it, so it may lift a peer to the top'),
  valid_transaction: reward(20, 40, 800, 'costs its sender a fee, but the same peer may be that sender'),
  helpful_peer_info: reward(10, 10, 600, 'addresses that proved right; cheap to supply'),
  fast_response: reward(10, 10, 600, 'answers are cheap, and near peers would collect it for ever'),
  message_rate_exceeded: penalty('quota', -100, 'counts only what we did not ask for'),
  bandwidth_exceeded: penalty('quota', -150, 'counts only what we did not ask for'),
  invalid_message: penalty('validity', -200, 'the peer made these bytes, or passed them on without a look'),
  consensus_violation: penalty('validity', -300, 'signed proof, such as two votes for one slot'),
  invalid_block: penalty('validity', -200, 'an honest peer checks a block before it passes it on'),
  invalid_transaction: penalty('validity', -100, 'two nodes may differ on a transaction for a moment, hence half'),
  slow_response: penalty('transport', -10, 'slow paths are no offence; it orders peers, it does not ban them'),
  connection_drop: penalty('transport', -50, 'it left while it owed us an answer; a forged reset looks the same'),
  transport_error: penalty('transport', -1, 'resets and timeouts say little about the peer (ARCHITECTURE §6)')
} satisfies Record<string, Rule>

/** Why a score changes. */
export type Reason = keyof typeof table

export const RULES: Readonly<Record<Reason, Rule>> = table
