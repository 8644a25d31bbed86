import { setImmediate as nextTurn } from 'node:timers/promises'
import { BLOCK_LIMITS, DETAIL } from '../../../protocols/index.ts'
import type { BlockAnswer, BlockData, BlockId, BlockQuery, BlockQuestion } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import { isAhead } from '../blame.ts'
import type { Ledger } from '../ledger.ts'

/** A header that was checked, reduced to what ordering needs. */
export interface Link {
  readonly hash: Uint8Array
  readonly key: string
  readonly height: bigint
  readonly parents: readonly Uint8Array[]
  /** The header itself, to know its body by. */
  readonly bytes: Uint8Array
}

/** Asks the peer being synced from; rejects on time-out, on `busy` and when it cannot be reached. */
export type Ask = (question: BlockQuestion) => Promise<BlockAnswer>

/** Headers hashed before the loop gets a turn (about 2 ms). */
const BATCH = 256
const NO_STOP = new Uint8Array(32)

/** Headers after the first of `ids` the peer holds, checked and in the order it gave them, without those ahead of our clock. Throws `INVALID_BLOCK`, `INVALID_MESSAGE`. */
export async function headersAfter (ledger: Ledger, ask: Ask, ids: readonly BlockId[]): Promise<{ links: Link[], more: boolean }> {
  const answer = await askHeaders(ask, { type: 'locator', value: { ids: [...ids], stop: NO_STOP } }, BLOCK_LIMITS.headers)
  const links = await checkHeaders(ledger, answer.blocks, isAhead)
  const place = new Map(links.map(({ key }, index) => [key, index]))
  for (const [index, { parents }] of links.entries()) {
    if (parents.some(parent => (place.get(toHex(parent)) ?? -1) >= index)) throw new TosError('INVALID_MESSAGE', 'headers are not in topological order', { details: { rule: 'order' } })
  }
  if (answer.blocks.length === 0 && answer.hasMore) throw new TosError('INVALID_MESSAGE', 'an empty answer promises more', { details: { rule: 'progress' } })
  return { links, more: answer.hasMore }
}

/**
 * The peer's tips, proof of work checked: a claim of height costs at least one block. Those ahead of our clock are left out, or every
 * honest peer that holds one would be put aside for it; `ahead`: there were such, and good blocks may lie below them.
 */
export async function headersOfTips (ledger: Ledger, ask: Ask): Promise<{ tips: Link[], ahead: boolean }> {
  const { blocks } = await askHeaders(ask, { type: 'tips' }, 32)
  const checked = await checkHeaders(ledger, blocks, isAhead)
  // nobody merges a tip that old, and a fork choice that may take it will meet it higher up
  const lowest = ledger.tip().height - STALE_BLOCKS
  return { tips: checked.filter(({ height }) => height >= lowest), ahead: checked.length < blocks.length }
}

/** Tips this far below our own are left alone. */
const STALE_BLOCKS = 128n
/** What `closeOver` may cost. */
const MAX_ANCESTORS = BLOCK_LIMITS.headers
const MAX_ROUNDS = 256

/**
 * Adds the ancestors of `links` that are neither held nor among them, and returns all of them that are not held, parents first.
 * A merge can bring in a side branch that lies before the common block in the peer's order, so its headers do not follow by themselves.
 * Throws `UNKNOWN_PARENT` when the peer does not have what its own blocks build on, `INVALID_BLOCK` when a height is wrong.
 */
export async function closeOver (ledger: Ledger, ask: Ask, links: readonly Link[]): Promise<Link[]> {
  const known = new Map(links.map(link => [link.key, link]))
  let open = missingParents(ledger, known, links)
  let rounds = 0
  while (open.length > 0) {
    if (++rounds > MAX_ROUNDS || known.size - links.length > MAX_ANCESTORS) throw new TosError('UNKNOWN_PARENT', 'the branch reaches down too far', { details: { rounds } })
    const asked = open.slice(0, BLOCK_LIMITS.hashes)
    const found = await headersByHash(ledger, ask, asked)
    if (found.length === 0) throw new TosError('UNKNOWN_PARENT', 'the peer lacks a parent of its own block')
    for (const link of found) known.set(link.key, link)
    // what this round left out is asked again: an answer may be short
    open = missingParents(ledger, known, found).concat(open.filter(hash => !known.has(toHex(hash))))
  }
  const fresh = [...known.values()].filter(({ hash }) => !ledger.has(hash))
  for (const link of fresh) checkHeight(ledger, known, link)
  return fresh.sort((a, b) => Number(a.height - b.height))
}

/** Some or all of `hashes`, nothing else. */
async function headersByHash (ledger: Ledger, ask: Ask, hashes: Uint8Array[]): Promise<Link[]> {
  const wanted = new Set(hashes.map(toHex))
  const links = await checkHeaders(ledger, (await askHeaders(ask, { type: 'byHash', value: hashes }, hashes.length)).blocks)
  if (links.some(({ key }) => !wanted.has(key))) throw new TosError('INVALID_BLOCK', 'a header that was not asked for', { details: { rule: 'unrequested' } })
  return links
}

async function askHeaders (ask: Ask, query: BlockQuery, maxItems: number): Promise<BlockAnswer> {
  const answer = await ask({ query, detail: DETAIL.header, maxItems })
  if (answer.blocks.length > maxItems) throw new TosError('INVALID_MESSAGE', `${answer.blocks.length} headers for a request of ${maxItems}`, { details: { rule: 'count' } })
  return answer
}

/** Each header by itself: bytes, proof of work, name. Those that fail on a `skippable` error are left out (whatever builds on one ahead is ahead itself). Throws `INVALID_BLOCK`, `INVALID_MESSAGE`. */
async function checkHeaders (ledger: Ledger, blocks: readonly BlockData[], skippable: (error: unknown) => boolean = () => false): Promise<Link[]> {
  const links = new Map<string, Link>()
  for (const [index, block] of blocks.entries()) {
    if (index % BATCH === BATCH - 1) await nextTurn()
    // what is held was checked before, and genesis would not pass as a header of its own
    const held = ledger.has(block.hash) ? ledger.header(block.hash) : undefined
    const checked = held === undefined ? tryCheck(ledger, block, skippable) : { header: held, hash: block.hash }
    if (checked === undefined) continue
    const { header, hash } = checked
    const key = toHex(hash)
    if (key !== toHex(block.hash)) throw new TosError('INVALID_BLOCK', 'the header does not hash to its name', { details: { rule: 'block-hash' } })
    if (links.has(key)) throw new TosError('INVALID_MESSAGE', 'a header twice in one answer', { details: { rule: 'duplicate' } })
    // copies: the bytes are views into an answer of megabytes that must not live as long as a link does
    links.set(key, { hash: hash.slice(), key, height: header.height, parents: header.parents.map(parent => parent.slice()), bytes: block.header.slice() })
  }
  return [...links.values()]
}

function tryCheck (ledger: Ledger, { header }: BlockData, skippable: (error: unknown) => boolean): ReturnType<Ledger['checkHeader']> | undefined {
  try {
    return ledger.checkHeader(header)
  } catch (error) {
    if (skippable(error)) return undefined
    throw error
  }
}

/** Parents of `links` that are neither held nor known, each once. */
function missingParents (ledger: Ledger, known: ReadonlyMap<string, Link>, links: readonly Link[]): Uint8Array[] {
  const missing = new Map<string, Uint8Array>()
  for (const { hash, parents } of links) {
    if (ledger.has(hash)) continue
    for (const parent of parents) if (!known.has(toHex(parent)) && !ledger.has(parent)) missing.set(toHex(parent), parent)
  }
  return [...missing.values()]
}

// the order of download rests on heights, so none may be invented
function checkHeight (ledger: Ledger, known: ReadonlyMap<string, Link>, { height, parents }: Link): void {
  const heights = parents.map(parent => known.get(toHex(parent))?.height ?? ledger.header(parent)?.height ?? -1n)
  const highest = heights.reduce((top, value) => value > top ? value : top, -1n)
  if (height !== highest + 1n) throw new TosError('INVALID_BLOCK', `height ${height} does not follow ${highest}`, { details: { rule: 'height', height, highest } })
}
