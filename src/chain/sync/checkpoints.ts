import { DETAIL } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import type { Ledger } from '../ledger.ts'
import type { Ask, Link } from './headers.ts'

/** A block that is known to be on the selected chain. */
export interface Checkpoint {
  readonly height: bigint
  readonly hash: Uint8Array
}

/** Measures peers and headers against checkpoints. */
export interface CheckpointGuard {
  /** Asks a peer whose best block is at `target` for its block at the highest checkpoint below. Throws `INVALID_BLOCK` (`rule` `checkpoint`), and what `ask` throws. */
  ask (ask: Ask, target: bigint): Promise<void>
  /** Throws `INVALID_BLOCK` when one of `links` (parents first) builds a chain past a checkpoint that leaves it out. */
  check (links: readonly Link[]): void
}

/** Blocks past a checkpoint that a chain without it may have: stale forks of that time stand beside the selected chain, and honest peers hold them. */
const FORK_BLOCKS = 64

export function createCheckpointGuard (ledger: Ledger, checkpoints: readonly Checkpoint[]): CheckpointGuard {
  const descending = [...checkpoints].sort((a, b) => a.height < b.height ? 1 : -1)
  const below = (height: bigint): Checkpoint | undefined => descending.find(checkpoint => checkpoint.height <= height)
  const contradicts = (at: bigint): TosError => new TosError('INVALID_BLOCK', `the chain leaves out the checkpoint at height ${at}`, { details: { rule: 'checkpoint', height: at } })

  /** Blocks on the selected chain of a held block that contradict its checkpoint, counted up to the limit. */
  const heldAstray = (hash: Uint8Array): number => {
    let at: Uint8Array | undefined = hash
    for (let steps = 0; at !== undefined && steps <= FORK_BLOCKS; steps++) {
      const header = ledger.header(at)
      const checkpoint = header === undefined ? undefined : below(header.height)
      if (header === undefined || checkpoint === undefined) return 0
      const selected = toHex(ledger.atHeights(header.height, 1)[0] ?? new Uint8Array()) === toHex(at)
      if (selected && ledger.has(checkpoint.hash) && toHex(ledger.atHeights(checkpoint.height, 1)[0] ?? new Uint8Array()) === toHex(checkpoint.hash)) return 0
      if (header.height === checkpoint.height) return toHex(at) === toHex(checkpoint.hash) ? 0 : steps + 1
      at = header.parents[0]
    }
    return FORK_BLOCKS + 1
  }

  return {
    async ask (ask, target) {
      const checkpoint = below(target)
      if (checkpoint === undefined) return
      const { blocks } = await ask({ query: { type: 'byHeight', value: { start: checkpoint.height, count: 1 } }, detail: DETAIL.hash, maxItems: 1 })
      const [block] = blocks
      // none: its selected chain ends below, and the high tip was another branch's
      if (block !== undefined && toHex(block.hash) !== toHex(checkpoint.hash)) throw contradicts(checkpoint.height)
    },
    check (links) {
      if (descending.length === 0) return
      const astray = new Map<string, number>()
      for (const { key, height, parents } of links) {
        const checkpoint = below(height)
        if (checkpoint === undefined) continue
        const parent = parents[0]
        const before = parent === undefined || height === checkpoint.height ? 0 : astray.get(toHex(parent)) ?? heldAstray(parent)
        const count = height === checkpoint.height ? (key === toHex(checkpoint.hash) ? 0 : 1) : before === 0 ? 0 : before + 1
        if (count > FORK_BLOCKS) throw contradicts(checkpoint.height)
        astray.set(key, count)
      }
    }
  }
}
