import { LRUCache } from 'lru-cache'
import type { MiningShare } from '../../../protocols/index.ts'
import { toHex } from '../../wire/index.ts'
import type { ShareLimits } from './limits.ts'
import type { NamedShare } from './share-ids.ts'

/** How a share came here: made by this node, sent to it as a pool, or gossiped. */
export type ShareOrigin = 'local' | 'pool' | 'topic'

/** A share that was accepted. */
export interface HeldShare {
  /** Hex. */
  readonly id: string
  readonly share: MiningShare
  readonly origin: ShareOrigin
  /** Unix milliseconds, by our clock. */
  readonly at: number
}

/** What one miner has brought since it was first seen. */
export interface MinerFigures {
  /** Hex. */
  readonly miner: string
  readonly shares: number
  /** Sum of the difficulties. */
  readonly work: bigint
  /** Mean of the qualities, 0..100. */
  readonly quality: number
  readonly lastAt: number
}

/** A share that was held once; it may be too old by now to be listed. */
export interface SeenShare {
  readonly id: string
  /** It went over the topic; what comes there again is no news. */
  isAnnounced: boolean
}

/** Shares and miners that are remembered, all within bounds. */
export interface ShareBook {
  /** The share that was held with this content, under whatever signature. */
  seen (content: string): SeenShare | undefined
  hold (named: NamedShare, origin: ShareOrigin, at: number): { readonly held: HeldShare, readonly seen: SeenShare }
  /** Newest first. */
  list (miner: string | undefined, max: number): HeldShare[]
  /** Whoever brought something last stands first. */
  miners (): MinerFigures[]
  dump (): Record<string, number>
}


export function createShareBook ({ held: maxHeld, seen: maxSeen, parties }: Required<Pick<ShareLimits, 'held' | 'seen' | 'parties'>>): ShareBook {
  const held = new LRUCache<string, HeldShare>({ max: maxHeld })
  const contents = new LRUCache<string, SeenShare>({ max: maxSeen })
  const miners = new LRUCache<string, MinerFigures & { readonly sum: number }>({ max: parties })

  const count = ({ minerId, difficulty, qualityScore }: MiningShare, at: number): void => {
    const miner = toHex(minerId)
    const { shares = 0, work = 0n, sum = 0 } = miners.get(miner) ?? {}
    miners.set(miner, { miner, shares: shares + 1, work: work + difficulty, sum: sum + qualityScore, quality: (sum + qualityScore) / (shares + 1), lastAt: at })
  }
  return {
    seen: content => contents.get(content),
    hold ({ id, content, share }, origin, at) {
      const entry = { id, share, origin, at }
      const seen = { id, isAnnounced: false }
      contents.set(content, seen)
      held.set(id, entry)
      count(share, at)
      return { held: entry, seen }
    },
    list (miner, max) {
      const found: HeldShare[] = []
      // a look at the values makes none of them newer
      for (const entry of held.values()) {
        if (found.length >= max) break
        if (miner === undefined || toHex(entry.share.minerId) === miner) found.push(entry)
      }
      return found
    },
    miners: () => [...miners.values()].map(({ miner, shares, work, quality, lastAt }) => ({ miner, shares, work, quality, lastAt })),
    dump: () => ({ held: held.size, seen: contents.size, miners: miners.size })
  }
}
