import { GOODBYE_REASON } from '../../../protocols/goodbye/messages.ts'

/** How long a peer is left alone: `firstMs`, doubling with every failure in a row up to `mostMs`, plus up to `jitter` of that (thousandths). */
export interface CooldownRule {
  readonly firstMs: number
  readonly mostMs: number
  readonly jitter: number
}

/** Why a peer is left alone: a GOODBYE reason code, a dial that failed, or a connection that broke without a word. */
export type CooldownCause = number | 'dial-failed' | 'lost'

const S = 1000
const MIN = 60 * S
const H = 60 * MIN

/** By the GOODBYE reasons of the wire format. Jitter is high where many are told the same at one moment. */
export const GOODBYE_COOLDOWNS: Readonly<Record<keyof typeof GOODBYE_REASON, CooldownRule>> = {
  // a restart takes seconds; all its peers hear it at once
  shutdown: { firstMs: 10 * S, mostMs: 5 * MIN, jitter: 500 },
  // only an upgrade helps, and that is a matter of hours
  incompatibleVersion: { firstMs: H, mostMs: 24 * H, jitter: 250 },
  // another chain, for as long as that node lives
  chainIdMismatch: { firstMs: 24 * H, mostMs: 24 * H, jitter: 250 },
  genesisMismatch: { firstMs: 24 * H, mostMs: 24 * H, jitter: 250 },
  // either clock may be the wrong one, and time services need minutes
  clockSkew: { firstMs: 10 * MIN, mostMs: 6 * H, jitter: 250 },
  // somebody runs a copy of our key: nothing changes without an operator
  duplicateNodeId: { firstMs: H, mostMs: 24 * H, jitter: 250 },
  // places come free all the time; who all return together find it full again
  tooManyPeers: { firstMs: 30 * S, mostMs: 30 * MIN, jitter: 1000 },
  // a reputation recovers in about the time of a first ban
  lowReputation: { firstMs: 15 * MIN, mostMs: 6 * H, jitter: 250 },
  // when it does not tell how long: between the first ban (15 min) and the longest (24 h)
  banned: { firstMs: H, mostMs: 24 * H, jitter: 250 },
  // its windows are a minute long
  rateLimited: { firstMs: MIN, mostMs: 30 * MIN, jitter: 250 },
  // what it could not read it will not read better at once (redial loops)
  invalidMessage: { firstMs: 10 * MIN, mostMs: 6 * H, jitter: 250 },
  // the other connection stands; should it fall, dial again soon
  duplicateConnection: { firstMs: 5 * S, mostMs: MIN, jitter: 500 },
  // a timeout under load passes, a wrong key does not
  sessionFailed: { firstMs: MIN, mostMs: H, jitter: 250 }
}

/** No word from the peer. Five minutes at most, because the fault may be our own network's, and then it hits every candidate. */
export const DIAL_COOLDOWN: CooldownRule = { firstMs: S, mostMs: 5 * MIN, jitter: 250 }
export const LOST_COOLDOWN: CooldownRule = { firstMs: 2 * S, mostMs: 5 * MIN, jitter: 500 }
/** A reason from a later version of the protocol. */
export const UNKNOWN_COOLDOWN: CooldownRule = { firstMs: 10 * MIN, mostMs: 6 * H, jitter: 250 }

/** What a peer says about its ban is believed between these. */
const TOLD_MS = { least: MIN, most: 24 * H } as const

/** Extra facts of `cooldownMs`. */
export interface CooldownOptions {
  /** 0 ≤ r < 1. */
  readonly random: () => number
  /** How long the peer said that its ban lasts, ms. */
  readonly toldMs?: number | undefined
}

const BY_CODE = new Map<CooldownCause, CooldownRule>([
  ...(Object.keys(GOODBYE_COOLDOWNS) as (keyof typeof GOODBYE_COOLDOWNS)[]).map(name => [GOODBYE_REASON[name], GOODBYE_COOLDOWNS[name]] as const),
  ['dial-failed', DIAL_COOLDOWN],
  ['lost', LOST_COOLDOWN]
])

/** Ms to leave a peer alone after its `failures`-th failure in a row (1 is the first). Jitter only adds: nobody returns before the time. */
export function cooldownMs (cause: CooldownCause, failures: number, { random, toldMs }: CooldownOptions): number {
  const { firstMs, mostMs, jitter } = BY_CODE.get(cause) ?? UNKNOWN_COOLDOWN
  const doublings = Number.isNaN(failures) ? 0 : Math.max(0, failures - 1)
  const told = cause === GOODBYE_REASON.banned && toldMs !== undefined && Number.isFinite(toldMs)
    ? Math.min(TOLD_MS.most, Math.max(TOLD_MS.least, toldMs))
    : undefined
  const base = told ?? Math.min(mostMs, firstMs * 2 ** doublings)
  return Math.round(base * (1 + random() * jitter / 1000))
}
