import { BLOCK_LIMITS } from '../../../protocols/index.ts'
import type { BlockId } from '../../../protocols/index.ts'
import { decode } from '../../wire/index.ts'
import { checkHeaderAlone, checkLinks } from '../block/block-rules.ts'
import type { CheckedHeader } from '../block/block-rules.ts'
import { difficultyOf, genesisOf } from '../block/genesis.ts'
import { compareBytes, sha3 } from '../block/hash.ts'
import { blockHeader } from '../block/header.ts'
import type { BlockHeader } from '../block/header.ts'
import { targetOf } from '../block/proof-of-work.ts'
import { mayReorganise } from '../dag/reorganisation.ts'
import type { AddResult, BlockRef } from '../ledger.ts'
import { createHeaderRows } from './header-rows.ts'
import { createSelectedChain } from './selected-chain.ts'

/** What a header chain is made of. */
export interface HeaderChainOptions {
  readonly network: string
  /** Of a private network; the others have their own. */
  readonly difficulty?: bigint | undefined
  /** Unix milliseconds: headers more than 120 s ahead are refused. */
  readonly now: () => number
  /** Most headers held (default 1,048,576, about 200 MB); above it the older half is dropped. */
  readonly maxHeaders?: number
  /** Header to begin with in place of genesis: one that is trusted, such as the lowest one this node kept. */
  readonly root?: Uint8Array | undefined
}

/** Headers of one network, and the chain they select (WIRE.md §9): all a light node holds. */
export interface HeaderChain {
  readonly genesis: Uint8Array
  readonly size: number
  /** Held for headers, hashes and index. */
  readonly bytes: number
  /** The lowest header held: genesis, or what is left at the bottom once old headers were dropped. */
  readonly root: Uint8Array
  tip (): BlockRef
  /** Blocks nothing builds on, best first, at most 32. */
  tips (): BlockRef[]
  has (hash: Uint8Array): boolean
  ref (hash: Uint8Array): BlockRef | undefined
  header (hash: Uint8Array): BlockHeader | undefined
  /** Encoded headers in the order they came, the root first. */
  headers (): Generator<Uint8Array>
  /** Hash at a height of the selected chain. */
  at (height: bigint): Uint8Array | undefined
  /** Height at which the selected chain took the block in, itself or by a merge; undefined when the tip does not build on it. */
  takenAt (hash: Uint8Array): bigint | undefined
  /** True when `a` wins over `b`: more cumulative difficulty, then the lower hash. */
  better (a: BlockRef, b: BlockRef): boolean
  /** As `Ledger.locator`; the lowest header stands last. */
  locator (): BlockId[]
  /** Checks form and proof of work. Throws `INVALID_BLOCK`. */
  check (header: Uint8Array): CheckedHeader
  /** Checks and keeps one header. Throws `INVALID_BLOCK` with `details.rule`; `refused` counts blocks of a reorganisation that is too deep. */
  add (header: Uint8Array): AddResult & { readonly refused?: number }
}

const MAX_HEADERS = 1_048_576
const MAX_TIPS = 32
const LINEAR = 30

/** A chain that holds the genesis of its network, or `root`, alone. Throws `CONFIG_INVALID`. */
export function createHeaderChain ({ network, difficulty: wanted, now, maxHeaders = MAX_HEADERS, root }: HeaderChainOptions): HeaderChain {
  const genesis = genesisOf(network)
  const difficulty = difficultyOf(network, wanted)
  const target = targetOf(difficulty)
  let rows = createHeaderRows()
  let tips = new Set<number>()

  const enter = (header: Uint8Array, hash: Uint8Array, { height, parents }: BlockHeader): number => {
    const known = parents.map(parent => rows.find(parent))
    const row = rows.add(hash, header, Number(height), known[0] ?? -1)
    for (const parent of known) tips.delete(parent)
    tips.add(row)
    return row
  }
  const begin = (header: Uint8Array): ReturnType<typeof createSelectedChain> => createSelectedChain(rows, enter(header, sha3(header), decode(blockHeader, header)))
  let chain = begin(root ?? genesis.header)

  // with one difficulty per network the height is the work; genesis itself has 1
  const ref = (row: number): BlockRef => ({ hash: rows.hash(row), height: BigInt(rows.height(row)), cumulativeDifficulty: 1n + BigInt(rows.height(row)) * difficulty })
  const better = (a: BlockRef, b: BlockRef): boolean => a.cumulativeDifficulty === b.cumulativeDifficulty ? compareBytes(a.hash, b.hash) < 0 : a.cumulativeDifficulty > b.cumulativeDifficulty
  const beats = (a: number, b: number): boolean => better(ref(a), ref(b))
  /** Keeps the newer half of the selected chain, and what builds on it; `bare`: without branches that nothing merged. */
  const trim = (bare: boolean): void => {
    const old = rows
    const was = chain
    const floor = Math.max(chain.base, old.height(chain.tip) - Math.floor(maxHeaders / 2))
    const first = chain.at(floor) as number
    const tip = old.hash(chain.tip)
    rows = createHeaderRows()
    tips = new Set()
    chain = begin(old.header(first))
    for (let row = first + 1; row < old.size; row++) {
      if (bare && was.takenAt(row) === undefined) continue
      const header = decode(blockHeader, old.header(row))
      // side branches from below the floor go
      if (rows.find(header.parents[0] as Uint8Array) !== -1) enter(old.header(row), old.hash(row), header)
    }
    chain.select(rows.find(tip))
  }
  const isTrimmed = (): boolean => chain.base > 0
  const check = (bytes: Uint8Array): CheckedHeader => checkHeaderAlone(bytes, { difficulty, target, now: now() })

  return {
    genesis: genesis.hash,
    get size () { return rows.size },
    get bytes () { return rows.bytes },
    get root () { return rows.header(0) },
    tip: () => ref(chain.tip),
    tips: () => [...tips].sort((a, b) => beats(a, b) ? -1 : 1).slice(0, MAX_TIPS).map(ref),
    has: hash => rows.find(hash) !== -1,
    ref (hash) {
      const row = rows.find(hash)
      return row === -1 ? undefined : ref(row)
    },
    header (hash) {
      const row = rows.find(hash)
      return row === -1 ? undefined : decode(blockHeader, rows.header(row))
    },
    * headers () {
      const held = rows
      for (let row = 0; row < held.size; row++) yield held.header(row)
    },
    at (height) {
      const row = chain.at(Number(height))
      return row === undefined ? undefined : rows.hash(row)
    },
    takenAt (hash) {
      const row = rows.find(hash)
      const taken = row === -1 ? undefined : chain.takenAt(row)
      return taken === undefined ? undefined : BigInt(taken)
    },
    better,
    locator () {
      const ids: BlockId[] = []
      const top = rows.height(chain.tip)
      for (let height = top, step = 1; height > chain.base && ids.length < BLOCK_LIMITS.locator - 1; height -= step) {
        ids.push({ hash: rows.hash(chain.at(height) as number), height: BigInt(height) })
        if (ids.length >= LINEAR) step *= 2
      }
      return [...ids, { hash: rows.hash(chain.at(chain.base) as number), height: BigInt(chain.base) }]
    },
    check,
    add (bytes) {
      const held = rows.find(sha3(bytes))
      if (held !== -1) return { status: 'known' }
      const { header, hash } = check(bytes)
      const parents = header.parents.map(parent => rows.find(parent))
      // below a floor the other parents may be gone for good: the selected one carries the work
      const missing = header.parents.filter((_, i) => parents[i] === -1 && !(isTrimmed() && i > 0))
      if (missing.length > 0) return { status: 'orphan', missing }
      const known = parents.filter(parent => parent !== -1)
      const best = known.reduce((top, parent, i) => beats(parent, known[top] as number) ? i : top, 0)
      checkLinks(header, known.map(parent => ({ height: rows.height(parent), timestamp: rows.timestamp(parent) })), best)
      if (rows.size >= 2 * maxHeaders) {
        trim(true)
        if (header.parents.some(parent => rows.find(parent) === -1)) return { status: 'orphan', missing: header.parents }
      }
      const row = enter(bytes, hash, header)
      if (!beats(row, chain.tip)) return { status: 'accepted', tipChanged: false, reorganised: 0 }
      const { depth, length } = chain.fork(row)
      if (!mayReorganise(depth, length)) return { status: 'accepted', tipChanged: false, reorganised: 0, refused: depth }
      const reorganised = chain.select(row)
      if (rows.size > maxHeaders) trim(false)
      return { status: 'accepted', tipChanged: true, reorganised }
    }
  }
}
