import { BLOCK_LIMITS, BLOCK_STATUS, DETAIL, blockBytes } from '../../../protocols/index.ts'
import type { BlockAnswer, BlockData, BlockQuery, BlockQuestion } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { encode, toHex } from '../../wire/index.ts'
import { blockHeader } from '../block/header.ts'
import type { BlockHeader } from '../block/header.ts'
import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger.ts'
import { createByteBudget } from './byte-budget.ts'

/** What serving blocks may cost. */
export interface BlockServerLimits {
  /** Largest encoded answer in bytes, fixed fields included (default and most: 5 MiB). */
  readonly responseBytes?: number
  /** Answers being built at once; more are told `busy` (default 8, so at most 40 MiB of answers). */
  readonly concurrent?: number
  /** Bytes a second for each peer in the long run (default 8 MiB), and at once (default 64 MiB); beyond, it is told `busy`. */
  readonly bytesPerSecond?: number
  readonly burstBytes?: number
  readonly clock?: Clock
}

/** Who asks: `signal` fires when the asker has gone. Without a name no budget applies. */
export interface ServeContext {
  readonly signal?: AbortSignal
  readonly peer?: string
}

export type BlockServer = (question: BlockQuestion, context?: ServeContext) => Promise<BlockAnswer>

// u32 tag, request id, status, two list lengths, has_more
const ENVELOPE_BYTES = 4 + 8 + 1 + 8 + 8 + 1
const HASH_BYTES = 32
const MIB = 1024 * 1024
/** Peers whose budget is remembered. */
const BUDGETS = 1024

/** What a query names, in the order of the answer. */
interface Selection {
  readonly hashes: Uint8Array[]
  readonly missing: Uint8Array[]
  /** The query goes on after `hashes`. */
  readonly more: boolean
  /** Some of what was asked does not exist here, though it has no hash to list. */
  readonly short: boolean
}

/**
 * Answers BLOCK_REQUEST from `ledger` (WIRE.md §5): topological order, at most `maxItems`, never above the byte cap; `hasMore`
 * when it stopped early. Status `busy` above the concurrency limit and above the peer's byte budget. Throws `ABORTED` when the asker has gone.
 */
export function createBlockServer (ledger: Ledger, limits: BlockServerLimits = {}): BlockServer {
  const { responseBytes = BLOCK_LIMITS.responseBytes, concurrent = 8, bytesPerSecond = 8 * MIB, burstBytes = 64 * MIB, clock = systemClock } = limits
  const budget = createByteBudget(clock, { bytesPerSecond, burstBytes, peers: BUDGETS })
  // room for one block of any size, or a large block could never be had from here
  const cap = Math.min(BLOCK_LIMITS.responseBytes, Math.max(responseBytes, ENVELOPE_BYTES + BLOCK_LIMITS.blockBytes + BLOCK_LIMITS.hashes * HASH_BYTES))
  let building = 0
  return async (question, { signal, peer } = {}) => {
    if (building >= concurrent || (peer !== undefined && !budget.allows(peer))) return { status: BLOCK_STATUS.busy, blocks: [], notFound: [], hasMore: false }
    building++
    try {
      const built = await answer(ledger, question, cap, signal)
      if (peer !== undefined) budget.charge(peer, built.blocks.reduce((sum, block) => sum + blockBytes(block), ENVELOPE_BYTES))
      return built
    } finally {
      building--
    }
  }
}

/** Fills an answer until `maxItems`, the cap or the selection ends it. */
async function answer (ledger: Ledger, { query, detail, maxItems }: BlockQuestion, cap: number, signal: AbortSignal | undefined): Promise<BlockAnswer> {
  const selection = select(ledger, query, maxItems)
  const blocks: BlockData[] = []
  const notFound = [...selection.missing]
  let hasMore = selection.more
  let pruned = false
  let room = cap - ENVELOPE_BYTES - (query.type === 'byHash' ? query.value.length * HASH_BYTES : 0)
  for (const hash of selection.hashes) {
    if (signal?.aborted === true) throw new TosError('ABORTED', 'the asker has gone')
    const block = await load(ledger, hash, detail)
    if (block === undefined) {
      pruned = true
      // only a query by hash has a list to say so; in any other a gap would pass for the whole
      if (query.type === 'byHash') {
        notFound.push(hash)
        continue
      }
      hasMore = false
      break
    }
    room -= blockBytes(block)
    if (room < 0) {
      hasMore = true
      break
    }
    blocks.push(block)
  }
  return { status: pruned ? BLOCK_STATUS.pruned : statusOf(blocks, notFound.length > 0 || selection.short, hasMore), blocks, notFound, hasMore }
}

/** Partial also when nothing came but more is promised: the asker must not take it for "none". */
function statusOf (blocks: readonly BlockData[], missing: boolean, hasMore: boolean): number {
  if (!missing) return BLOCK_STATUS.ok
  return blocks.length === 0 && !hasMore ? BLOCK_STATUS.notFound : BLOCK_STATUS.partial
}

/** Which blocks a query names; nothing is read yet. */
function select (ledger: Ledger, query: BlockQuery, max: number): Selection {
  switch (query.type) {
    case 'byHash': return byHash(ledger, query.value, max)
    case 'byHeight': {
      const { start, count } = query.value
      const hashes = ledger.atHeights(start, count)
      return { hashes: hashes.slice(0, max), missing: [], more: hashes.length > max, short: hashes.length < count }
    }
    case 'locator': {
      const { hashes, more } = ledger.after(query.value.ids, query.value.stop, max)
      return { hashes, missing: [], more, short: false }
    }
    case 'tips': {
      const hashes = ledger.tips().map(tip => tip.hash)
      return { hashes: hashes.slice(0, max), missing: [], more: hashes.length > max, short: false }
    }
  }
}

function byHash (ledger: Ledger, asked: readonly Uint8Array[], max: number): Selection {
  const unique = [...new Map(asked.map(hash => [toHex(hash), hash])).values()]
  const held: Array<{ hash: Uint8Array, header: BlockHeader }> = []
  const missing: Uint8Array[] = []
  for (const hash of unique) {
    const header = ledger.has(hash) ? ledger.header(hash) : undefined
    if (header === undefined) missing.push(hash)
    else held.push({ hash, header })
  }
  // a parent is always lower than its child, so height is a topological order
  held.sort((a, b) => Number(a.header.height - b.header.height))
  return { hashes: held.slice(0, max).map(({ hash }) => hash), missing, more: held.length > max, short: false }
}

/** One block as `detail` wants it; undefined when its body is not held any more. */
async function load (ledger: Ledger, hash: Uint8Array, detail: number): Promise<BlockData | undefined> {
  if (detail === DETAIL.full) {
    return ledger.block(hash).catch((error: unknown) => {
      if (!(error instanceof TosError) || error.code !== 'BLOCK_PRUNED') throw error
    }) as Promise<BlockData | undefined>
  }
  if (detail === DETAIL.hash) return { hash, height: 0n, parents: [], header: new Uint8Array(0), transactions: [] }
  const header = ledger.header(hash)
  return header === undefined ? undefined : { hash, height: header.height, parents: header.parents, header: encode(blockHeader, header), transactions: [] }
}
