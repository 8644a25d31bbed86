import { decode } from '../../wire/index.ts'
import { createByteColumn, createU32Column } from './columns.ts'
import { HASH_BYTES, compareBytes } from '../block/hash.ts'
import { createHashIndex } from './hash-index.ts'
import { HEADER_BYTES, HEADER_OFFSET, MAX_PARENTS, blockHeader, headerBytes } from '../block/header.ts'
import type { BlockHeader } from '../block/header.ts'

/** A block's number: 0 for genesis, then in order of acceptance. */
export type BlockNumber = number

/** Headers and edges of every held block, by number. Parents have lower numbers than their children. */
export interface DagIndex {
  readonly size: number
  /** Blocks without a child, in no order. */
  readonly tips: ReadonlySet<BlockNumber>
  /** -1 when it is not held. */
  find (hash: Uint8Array): BlockNumber
  hash (block: BlockNumber): Uint8Array
  header (block: BlockNumber): BlockHeader
  /** The same as it is hashed. */
  headerBytes (block: BlockNumber): Uint8Array
  height (block: BlockNumber): number
  /** Unix milliseconds. */
  timestamp (block: BlockNumber): bigint
  /** The selected parent first; none for genesis. */
  parents (block: BlockNumber): BlockNumber[]
  selectedParent (block: BlockNumber): BlockNumber
  /** Fork choice: true when `a` beats `b` (WIRE.md §9). */
  better (a: BlockNumber, b: BlockNumber): boolean
  /** By height, then by hash: parents before children, and the same on every node. */
  compare (a: BlockNumber, b: BlockNumber): number
  add (block: { hash: Uint8Array, header: Uint8Array, height: number, parents: readonly BlockNumber[] }): BlockNumber
}

const LARGEST_HEADER = HEADER_BYTES + MAX_PARENTS * HASH_BYTES

/** An empty index: about 270 bytes a block, in typed arrays. */
export function createDagIndex (): DagIndex {
  const hashes = createByteColumn(HASH_BYTES)
  const headers = createByteColumn(LARGEST_HEADER)
  const heights = createU32Column()
  const edges = createU32Column()
  const byHash = createHashIndex(hashes)
  const tips = new Set<BlockNumber>()
  const padded = Buffer.alloc(LARGEST_HEADER)

  // The bytes hold everything but the numbers of the parents. A copy, because the column's bytes move when it grows.
  const stored = (block: BlockNumber): Uint8Array => {
    const bytes = headers.copy(block)
    return bytes.subarray(0, headerBytes(bytes))
  }
  const parents = (block: BlockNumber): BlockNumber[] => {
    const out: BlockNumber[] = []
    for (let i = 0; i < MAX_PARENTS; i++) {
      const edge = edges.get(block * MAX_PARENTS + i)
      if (edge !== 0) out.push(edge - 1)
    }
    return out
  }
  const compareHashes = (a: BlockNumber, b: BlockNumber): number => compareBytes(hashes.view(a), hashes.view(b))

  return {
    get size () { return hashes.length },
    tips,
    find: hash => byHash.find(hash),
    hash: block => hashes.copy(block),
    header: block => decode(blockHeader, stored(block)),
    headerBytes: stored,
    height: block => heights.get(block),
    timestamp: block => headers.view(block).readBigUInt64LE(HEADER_OFFSET.timestamp),
    parents,
    selectedParent: block => edges.get(block * MAX_PARENTS) - 1,
    // With one difficulty per network the cumulative difficulty is 1 + height × difficulty: the higher block has more of it.
    better: (a, b) => heights.get(a) === heights.get(b) ? compareHashes(a, b) < 0 : heights.get(a) > heights.get(b),
    compare: (a, b) => heights.get(a) - heights.get(b) || compareHashes(a, b),
    add ({ hash, header, height, parents }) {
      const block = hashes.push(hash)
      padded.fill(0).set(header)
      headers.push(padded)
      heights.push(height)
      for (let i = 0; i < MAX_PARENTS; i++) edges.push((parents[i] ?? -1) + 1)
      byHash.add(block)
      for (const parent of parents) tips.delete(parent)
      tips.add(block)
      return block
    }
  }
}
