import { TosError } from '../../errors/index.ts'
import { sameBytes } from '../block/hash.ts'
import type { BlockRef } from '../ledger.ts'
import type { HeaderChain } from './header-chain.ts'

/** Remembers which best block each peer showed, and tells who stays behind what the others proved. */
export interface TipWatch {
  /** What a peer showed now (`now` in milliseconds). Returns the lie when it has had more than the time of grace to show better: `TIP_WITHHELD` or `CHAIN_WEAKER`. */
  shown (peer: string, best: BlockRef | undefined, now: number): TosError | undefined
  forget (peer: string): void
  /** Peers that last showed the tip held here. */
  agreeing (): string[]
}

interface Standing {
  best: BlockRef | undefined
  /** The tip the peer has to reach, and since when. */
  goal: { readonly tip: BlockRef, readonly since: number } | undefined
}

/**
 * Proof of work makes the best chain known by one honest peer alone; whoever has seen it cannot be talked out of it. A peer that is behind at
 * one moment may be slow or just poorer in peers, so it is measured against the tip of that moment: it has `graceMs` to get there.
 */
export function createTipWatch (chain: HeaderChain, graceMs: number): TipWatch {
  const standings = new Map<string, Standing>()
  return {
    shown (peer, best, now) {
      const standing = standings.get(peer) ?? { best, goal: undefined }
      standings.set(peer, standing)
      standing.best = best
      const tip = chain.tip()
      const reaches = (goal: BlockRef): boolean => best !== undefined && !chain.better(goal, best)
      if (reaches(tip)) standing.goal = undefined
      else if (standing.goal === undefined || reaches(standing.goal.tip)) standing.goal = { tip, since: now }
      if (standing.goal === undefined || now - standing.goal.since <= graceMs) return undefined
      const behind = { details: { height: best?.height ?? 0n, ours: tip.height, forMs: now - standing.goal.since } }
      return best === undefined || chain.takenAt(best.hash) !== undefined
        ? new TosError('TIP_WITHHELD', `the peer shows height ${best?.height ?? 0n} and keeps back what others have up to ${standing.goal.tip.height}`, behind)
        : new TosError('CHAIN_WEAKER', `the peer stays on a branch of height ${best.height} with less work than the chain to ${tip.height}`, behind)
    },
    forget (peer) { standings.delete(peer) },
    agreeing () {
      const { hash } = chain.tip()
      return [...standings].filter(([, { best }]) => best !== undefined && sameBytes(best.hash, hash)).map(([peer]) => peer)
    }
  }
}
