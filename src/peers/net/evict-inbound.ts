import type { KeyHash } from './key-hash.ts'

/** What eviction knows of a connection. Times are ms; undefined: never seen. All were measured here, none was claimed by the peer. */
export interface EvictionCandidate {
  readonly id: string
  readonly direction: 'inbound' | 'outbound'
  /** `groupKey` of its address. */
  readonly group: string
  readonly connectedAt: number
  /** Lowest round trip of our own nonce-checked ping. */
  readonly pingMs: number | undefined
  /** When it last brought a block, or a transaction, that was new and valid. */
  readonly lastBlockAt: number | undefined
  readonly lastTransactionAt: number | undefined
}

/**
 * How many peers each virtue protects. Each asks an attacker for something else: addresses in groups he cannot choose, a place near us,
 * or work for the network. 20 in all: with 35 inbound places (50 peers, 30 % outbound) 7 of the other 15 are safe by age, and a
 * newcomer can always win a place. Ping protects most because it needs no traffic: a quiet network must protect too. Of one group each
 * protects one peer: whoever has few groups cannot take all the places, were he the best at everything.
 */
export const PROTECTED = { groups: 4, ping: 8, transactions: 4, blocks: 4 } as const

/** Of the rest, the older half stays: who connects later cannot displace them, however many he is. */
const PROTECTED_BY_AGE = 0.5

type Order = (a: EvictionCandidate, b: EvictionCandidate) => number

/**
 * Which inbound peer to drop for a newcomer when all places are taken: the youngest of the largest network group, once the most useful
 * are set aside (after Bitcoin Core). Undefined: all are protected, refuse the newcomer. Outbound peers are never chosen.
 * `hash` carries a secret of this node, so that nobody knows which groups it favours.
 */
export function evictInbound (candidates: readonly EvictionCandidate[], hash: KeyHash): string | undefined {
  let rest = candidates.filter(({ direction }) => direction === 'inbound').sort(oldestFirst)
  const protect = (list: readonly EvictionCandidate[], count: number): void => {
    const safe = new Set(list.slice(0, count))
    rest = rest.filter(candidate => !safe.has(candidate))
  }
  protect(oldestOfGroups(rest, hash), PROTECTED.groups)
  protect(measured(rest, ({ pingMs }) => pingMs), PROTECTED.ping)
  protect(measured(rest, ({ lastTransactionAt }) => negative(lastTransactionAt)), PROTECTED.transactions)
  protect(measured(rest, ({ lastBlockAt }) => negative(lastBlockAt)), PROTECTED.blocks)
  protect(rest, Math.floor(rest.length * PROTECTED_BY_AGE))
  return youngestOfLargest(rest)?.id
}

/** Equal ages are ordered by id, so that the same connections give the same answer. */
const oldestFirst: Order = (a, b) => a.connectedAt - b.connectedAt || (a.id < b.id ? -1 : 1)

const negative = (value: number | undefined): number | undefined => value === undefined ? undefined : -value

/** One peer per group, groups in the secret order: a group protects one peer, whatever it sends. `list` is oldest first. */
function oldestOfGroups (list: readonly EvictionCandidate[], hash: KeyHash): EvictionCandidate[] {
  const ranked = [...byGroup(list)].map(([group, [oldest]]) => ({ oldest: oldest as EvictionCandidate, rank: hash(group) }))
  return ranked.sort((a, b) => a.rank.hi - b.rank.hi || a.rank.lo - b.rank.lo).map(({ oldest }) => oldest)
}

/** Those that have the virtue at all, best (lowest) first, the older first among equals: a newcomer without a past earns nothing. */
function measured (list: readonly EvictionCandidate[], value: (candidate: EvictionCandidate) => number | undefined): EvictionCandidate[] {
  const order: Order = (a, b) => (value(a) as number) - (value(b) as number)
  const ranked = list.filter(candidate => value(candidate) !== undefined).sort(order)
  return [...byGroup(ranked).values()].map(([best]) => best as EvictionCandidate)
}

function youngestOfLargest (list: readonly EvictionCandidate[]): EvictionCandidate | undefined {
  let largest: readonly EvictionCandidate[] = []
  for (const group of byGroup(list).values()) {
    const isYounger = group.length === largest.length && oldestFirst(largest.at(-1) as EvictionCandidate, group.at(-1) as EvictionCandidate) < 0
    if (group.length > largest.length || isYounger) largest = group
  }
  return largest.at(-1)
}

function byGroup (list: readonly EvictionCandidate[]): Map<string, EvictionCandidate[]> {
  return Map.groupBy(list, ({ group }) => group)
}
