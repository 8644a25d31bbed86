import { LRUCache } from 'lru-cache'
import { Gcra } from '../../protocol/index.ts'
import type { Rate } from '../../protocol/index.ts'
import type { MiningShare } from '../../../protocols/index.ts'
import type { ShareLimits } from './limits.ts'

/** Why a share was not accepted. The first two are proofs of misbehaviour; the others cost nobody anything. */
export type ShareRule = 'signature' | 'work' | 'stale' | 'ahead' | 'unknown-block' | 'unknown-work' | 'miner-rate' | 'peer-rate' | 'busy'

/** Rules whose breach is charged: they hold on every node, at any time. */
export const PROOFS: ReadonlySet<ShareRule> = new Set<ShareRule>(['signature', 'work'])

/** The age of a share by its own clock: nobody is charged, because ours may be the wrong one. `timestamp` is in seconds, `now` in ms. */
export function ageRule ({ timestamp }: Pick<MiningShare, 'timestamp'>, now: number, { maxAgeMs, maxAheadMs }: Required<Pick<ShareLimits, 'maxAgeMs' | 'maxAheadMs'>>): 'stale' | 'ahead' | undefined {
  const age = BigInt(Math.floor(now)) - timestamp * 1000n
  if (age > BigInt(maxAgeMs)) return 'stale'
  return -age > BigInt(maxAheadMs) ? 'ahead' : undefined
}

/** One budget per name, within a bound. */
export interface Budgets {
  readonly size: number
  /** Would one more fit? Spends nothing. */
  fits (name: string, now: number): boolean
  take (name: string, now: number): boolean
}

/** Beyond `max` names the longest unused starts afresh. */
export function createBudgets (rate: Rate, max: number): Budgets {
  const budgets = new LRUCache<string, Gcra>({ max })
  return {
    get size () { return budgets.size },
    // a name that has spent nothing has no entry: asking must not push another out
    fits: (name, now) => (budgets.get(name)?.delay(now) ?? 0) === 0,
    take (name, now) {
      const budget = budgets.get(name) ?? new Gcra(rate)
      budgets.set(name, budget)
      return budget.take(now)
    }
  }
}
