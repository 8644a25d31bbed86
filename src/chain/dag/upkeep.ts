import { blockBytes } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import type { ChainStats, LedgerUpkeep } from '../ledger.ts'
import type { BlockStore } from '../store/block-store.ts'
import type { BlockBodies } from './block-bodies.ts'
import type { BlockDag } from './block-dag.ts'
import { verifyChain } from './chain-verify.ts'

/** Bodies that pruning must leave: a reorganisation of 128 and as much again for peers that were away. */
export const LEAST_KEPT = 288
/** Blocks of the selected chain that the rate of growth is taken from. */
const GROWTH_WINDOW = 2016
/** Bodies read for their size. */
const SIZED = 64
const DAY_MS = 86_400_000

/** What `createUpkeep` needs. */
export interface UpkeepDeps {
  readonly network: string
  readonly difficulty: bigint
  readonly store: BlockStore
  readonly dag: BlockDag
  readonly bodies: BlockBodies
}

/** The upkeep of a reference ledger. */
export function createUpkeep ({ network, difficulty, store, dag, bodies }: UpkeepDeps): LedgerUpkeep {
  const { index, order } = dag
  const height = (): number => index.height(order.head)

  /** Mean size of the newest bodies held. */
  const meanBytes = async (): Promise<number | undefined> => {
    const sizes: number[] = []
    for (let at = height(); at >= Math.max(1, bodies.prunedBelow) && sizes.length < SIZED; at--) sizes.push(blockBytes(await bodies.read(order.selectedAt(at))))
    return sizes.length === 0 ? undefined : sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length
  }
  const growth = async (): Promise<ChainStats['growth']> => {
    const from = Math.max(1, height() - GROWTH_WINDOW)
    const blocks = height() - from
    if (blocks < 1) return undefined
    const spanMs = Number(index.timestamp(order.head) - index.timestamp(order.selectedAt(from)))
    const bytes = await meanBytes()
    if (spanMs <= 0 || bytes === undefined) return undefined
    return { overBlocks: blocks, blocksPerDay: Math.round(blocks / spanMs * DAY_MS), bytesPerDay: Math.round(blocks * bytes / spanMs * DAY_MS) }
  }

  return {
    get prunedBelow () { return BigInt(bodies.prunedBelow) },
    get writable () { return store.writable },
    async stats () {
      const rate = await growth()
      return {
        blocks: index.size - 1, height: height(), tips: index.tips.size, transactions: dag.transactions.transactions, accounts: dag.transactions.accounts,
        merged: order.length - 1 - height(), aside: index.size - order.length, prunedBelow: bodies.prunedBelow, bytes: await store.bytes(), writable: store.writable,
        ...(rate === undefined ? {} : { growth: rate })
      }
    },
    verify: options => verifyChain(store, { network, difficulty, ...options }),
    async prune (keep) {
      if (!Number.isSafeInteger(keep) || keep < LEAST_KEPT) throw new TosError('USAGE', `at least ${LEAST_KEPT} bodies must be kept`, { hint: `name ${LEAST_KEPT} or more: a reorganisation and peers that were away need them` })
      const below = Math.max(0, height() - keep)
      const before = await store.bytes()
      const pruned = below <= bodies.prunedBelow ? 0 : await bodies.prune(below)
      return { pruned, prunedBelow: bodies.prunedBelow, bytesBefore: before, bytesAfter: await store.bytes() }
    }
  }
}
