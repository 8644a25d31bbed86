import type { BlockId } from '../../../protocols/index.ts'
import type { BlockDag } from './block-dag.ts'
import type { BlockNumber } from './dag-index.ts'
import { MAX_PARENTS } from '../block/header.ts'
import type { BlockRef, BlockTemplate } from '../ledger.ts'

/** The reading side of the ledger: pure questions to the index. */
export interface ChainQueries {
  ref (block: BlockNumber): BlockRef
  tips (): BlockRef[]
  locator (): BlockId[]
  after (ids: readonly BlockId[], stop: Uint8Array, max: number): { hashes: Uint8Array[], more: boolean }
  atHeights (start: bigint, count: number): Uint8Array[]
  template (): BlockTemplate
}

const TIPS = 32
const LINEAR = 30
/** A stale tip merged late costs every node a walk through its branch: the template leaves those this much below the tip alone. */
const MERGE_DEPTH = 64

/** `difficulty` is the network's constant one. */
export function createChainQueries (dag: BlockDag, difficulty: bigint): ChainQueries {
  const { index, order } = dag
  const ref = (block: BlockNumber): BlockRef => ({
    hash: index.hash(block), height: BigInt(index.height(block)), cumulativeDifficulty: 1n + BigInt(index.height(block)) * difficulty
  })
  const bestTips = (): BlockNumber[] => [...index.tips].sort((a, b) => index.better(a, b) ? -1 : 1).slice(0, TIPS)
  const selectedId = (height: number): BlockId => ({ hash: index.hash(order.selectedAt(height)), height: BigInt(height) })
  const startOf = (ids: readonly BlockId[]): number => {
    for (const { hash } of ids) {
      const block = index.find(hash)
      // All before a selected block is below it, so whoever holds it lacks none of that. Before a merged one stand blocks of other
      // branches: only a cursor, which says "I have had everything up to here", may name one.
      if (block !== -1 && (order.isSelected(block) || (ids.length === 1 && order.includes(block)))) return order.positionOf(block) + 1
    }
    return 1
  }

  return {
    ref,
    tips: () => bestTips().map(ref),
    locator () {
      const top = index.height(order.head)
      const ids: BlockId[] = []
      let step = 1
      for (let height = top; height > 0; height -= step) {
        ids.push(selectedId(height))
        if (ids.length >= LINEAR) step *= 2
      }
      ids.push(selectedId(0))
      return ids
    },
    after (ids, stop, max) {
      const start = startOf(ids)
      const stopBlock = index.find(stop)
      const stopAt = stopBlock !== -1 && order.includes(stopBlock) ? order.positionOf(stopBlock) + 1 : order.length
      const end = Math.min(start + max, stopAt)
      const hashes: Uint8Array[] = []
      for (let position = start; position < end; position++) hashes.push(index.hash(order.at(position)))
      return { hashes, more: end < stopAt }
    },
    atHeights (start, count) {
      const hashes: Uint8Array[] = []
      if (start > BigInt(index.height(order.head))) return hashes
      for (let height = Number(start); hashes.length < count; height++) {
        const block = order.selectedAt(height)
        if (block === -1) break
        hashes.push(index.hash(block))
      }
      return hashes
    },
    template () {
      const tip = order.head
      // one that fork choice prefers but the limit of reorganisations refused cannot be merged below the tip
      const others = bestTips().filter(other => other !== tip && !index.better(other, tip) && index.height(other) + MERGE_DEPTH >= index.height(tip))
      const parents = [tip, ...others.slice(0, MAX_PARENTS - 1)]
      const newest = parents.map(parent => index.timestamp(parent)).reduce((a, b) => a > b ? a : b)
      return { parents: parents.map(parent => index.hash(parent)), height: BigInt(index.height(tip) + 1), difficulty, minTimestamp: newest }
    }
  }
}
