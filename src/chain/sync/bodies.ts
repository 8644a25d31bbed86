import { BLOCK_LIMITS, BLOCK_STATUS, DETAIL, blockBytes } from '../../../protocols/index.ts'
import type { BlockAnswer, BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import type { Ledger } from '../ledger.ts'
import type { Ask, Link } from './headers.ts'

/** What a download of bodies may hold at once. */
export interface BodyLimits {
  /** Bytes of bodies expected or waiting to be added. */
  readonly inFlightBytes: number
  /** Requests at once. */
  readonly inFlight: number
}

/** What a download needs from outside. */
export interface BodyDeps {
  readonly ledger: Ledger
  readonly ask: Ask
  readonly limits: BodyLimits
  /** Adds a block that matches its header; rejects with `INVALID_BLOCK` or a fault of this node's own. */
  readonly add: (block: BlockData) => Promise<void>
}

/** One request under way; `reserved` bytes of the budget are its. */
interface Chunk {
  readonly links: readonly Link[]
  readonly reserved: number
  readonly blocks: Promise<BlockData[]>
}

/** Bytes one answer should stay at: a slow link must get it across before the time-out. */
const ANSWER_BYTES = 1024 * 1024

/**
 * Fetches the blocks of `links` (parents first) and adds them in that order, a few requests ahead of the one being added.
 * The room a request needs is guessed from the largest block so far; a peer whose blocks suddenly grow can exceed `inFlightBytes`
 * once, by at most `inFlight` answers of 5 MiB. Throws `INVALID_BLOCK`, `INVALID_MESSAGE`, `BLOCK_NOT_FOUND`, or what `ask` and `add` throw.
 */
export async function fetchBodies ({ ledger, ask, limits, add }: BodyDeps, links: readonly Link[]): Promise<void> {
  const queue: Chunk[] = []
  let largest: number = BLOCK_LIMITS.blockBytes
  let seen = 0
  let reserved = 0
  let from = 0

  const launch = (): void => {
    while (from < links.length && queue.length < limits.inFlight) {
      const fits = Math.floor(Math.min(limits.inFlightBytes - reserved, Math.max(largest, ANSWER_BYTES)) / largest)
      // one block must always go, or a small budget would stand still
      const count = Math.min(BLOCK_LIMITS.hashes, Math.max(fits, queue.length === 0 ? 1 : 0), links.length - from)
      if (count === 0) return
      const chunk = links.slice(from, from + count).filter(({ hash }) => !ledger.has(hash))
      from += count
      if (chunk.length === 0) continue
      const blocks = fetchChunk(ask, chunk)
      // awaited in turn; a failure before its turn must not count as unhandled
      blocks.catch(() => {})
      queue.push({ links: chunk, reserved: chunk.length * largest, blocks })
      reserved += chunk.length * largest
    }
  }
  for (launch(); queue.length > 0; launch()) {
    const chunk = queue[0] as Chunk
    const blocks = await chunk.blocks
    for (const block of blocks) {
      const size = blockBytes(block)
      // the first answer replaces the worst-case guess, later ones only raise it
      largest = seen++ === 0 ? Math.max(size * 2, 4096) : Math.max(largest, size)
      checkBody(ledger, block)
      await add(block)
    }
    queue.shift()
    reserved -= chunk.reserved
  }
}

/** All blocks of `links` in their order; short answers are continued as long as each brings something. */
async function fetchChunk (ask: Ask, links: readonly Link[]): Promise<BlockData[]> {
  const got = new Map<string, BlockData>()
  const wanted = new Set(links.map(({ key }) => key))
  while (got.size < links.length) {
    const open = links.filter(({ key }) => !got.has(key)).map(({ hash }) => hash)
    const answer = await ask({ query: { type: 'byHash', value: open }, detail: DETAIL.full, maxItems: open.length })
    checkAnswer(answer, open.length)
    for (const block of answer.blocks) {
      const key = toHex(block.hash)
      if (!wanted.has(key) || got.has(key)) throw new TosError('INVALID_BLOCK', 'a block that was not asked for', { details: { rule: 'unrequested' } })
      got.set(key, block)
    }
  }
  return links.map(({ key }) => got.get(key) as BlockData)
}

/** What an answer may look like whatever it holds. Throws `INVALID_MESSAGE`, `MESSAGE_TOO_LARGE`, `BLOCK_NOT_FOUND`. */
function checkAnswer ({ blocks, notFound, hasMore, status }: BlockAnswer, asked: number): void {
  if (blocks.length > asked) throw new TosError('INVALID_MESSAGE', `${blocks.length} blocks for a request of ${asked}`, { details: { rule: 'count' } })
  const bytes = blocks.reduce((sum, block) => sum + blockBytes(block), 0)
  if (bytes > BLOCK_LIMITS.responseBytes) throw new TosError('MESSAGE_TOO_LARGE', `an answer of ${bytes} bytes`, { details: { bytes } })
  if (status === BLOCK_STATUS.pruned || notFound.length > 0) throw new TosError('BLOCK_NOT_FOUND', 'the peer does not hold the body of a header it gave')
  if (blocks.length === 0) throw new TosError('INVALID_MESSAGE', hasMore ? 'an empty answer promises more' : 'an empty answer to a request by hash', { details: { rule: 'progress' } })
}

/** The bytes must be those of the block they claim to be; all other rules are the ledger's. */
function checkBody (ledger: Ledger, block: BlockData): void {
  if (toHex(ledger.checkHeader(block.header).hash) !== toHex(block.hash)) throw new TosError('INVALID_BLOCK', 'the header does not hash to its name', { details: { rule: 'block-hash' } })
}
