import { BLOCK_LIMITS, BLOCK_STATUS, DETAIL } from '../../../protocols/index.ts'
import type { BlockAnswer, BlockData, BlockId, BlockQuery, BlockQuestion } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import { invalidBlock } from '../block/block-rules.ts'
import { sameBytes } from '../block/hash.ts'
import type { BlockRef } from '../ledger.ts'
import type { HeaderChain } from './header-chain.ts'
import { takeHeaders } from './take-headers.ts'
import type { HeadersAdded, Taken } from './take-headers.ts'

/** Asks the peer that is followed. */
export type AskHeaders = (question: BlockQuestion) => Promise<BlockAnswer>

/** What following needs. */
export interface FollowHeadersDeps {
  readonly chain: HeaderChain
  readonly ask: AskHeaders
  /** Told of headers that were new, in their order. */
  readonly added?: ((news: HeadersAdded) => void) | undefined
}

/** Answers in a row without a new header: the peer sends us round in circles. */
const MAX_STALE = 16
/** What the branch of a tip outside the peer's order may cost. */
const MAX_WAITING = BLOCK_LIMITS.headers
const MAX_ROUNDS = 256
const NO_STOP = new Uint8Array(32)

type Headers = (query: BlockQuery, most: number) => Promise<{ blocks: BlockData[], more: boolean }>
type Take = (blocks: readonly BlockData[]) => Taken

/**
 * Takes over the headers of one peer: those after our locator, then what its other tips build on. Returns the best block it showed with
 * all that is below it. Throws `INVALID_BLOCK`, `INVALID_MESSAGE`, `BUSY`; `TIP_WITHHELD` when it names a block and keeps back what that builds on.
 */
export async function followHeaders ({ chain, ask, added }: FollowHeadersDeps): Promise<BlockRef | undefined> {
  const headers: Headers = async (query, most) => {
    const { status, blocks, hasMore } = await ask({ query, detail: DETAIL.header, maxItems: most })
    if (status === BLOCK_STATUS.busy) throw new TosError('BUSY', 'the peer answers others first')
    if (blocks.length > most) throw new TosError('INVALID_MESSAGE', `${blocks.length} headers for a request of ${most}`, { details: { rule: 'count' } })
    return { blocks, more: hasMore }
  }
  const take: Take = blocks => takeHeaders(chain, blocks, added)
  await followOrder(chain, headers, take)
  const { blocks: tips } = await headers({ type: 'tips' }, 32)
  await connect(chain, tips, headers, take)
  const shown = tips.flatMap(({ hash }) => chain.ref(hash) ?? [])
  return shown.reduce<BlockRef | undefined>((best, tip) => best === undefined || chain.better(tip, best) ? tip : best, undefined)
}

/** The peer's order after what we have in common. */
async function followOrder (chain: HeaderChain, headers: Headers, take: Take): Promise<void> {
  let ids: BlockId[] = chain.locator()
  for (let stale = 0; stale < MAX_STALE;) {
    const before = chain.size
    const { blocks, more } = await headers({ type: 'locator', value: { ids, stop: NO_STOP } }, BLOCK_LIMITS.headers)
    if (blocks.length === 0 && more) throw new TosError('INVALID_MESSAGE', 'an empty answer promises more', { details: { rule: 'progress' } })
    await connect(chain, blocks, headers, take)
    stale = chain.size === before ? stale + 1 : 0
    const last = blocks.at(-1)
    if (!more || last === undefined) return
    // one id alone is a cursor: all before it is here
    ids = [{ hash: last.hash, height: last.height }]
  }
}

/**
 * Adds `blocks`, and fetches by name what they build on: a side branch can lie before the common block in the peer's order. What is ahead
 * of our clock waits for another time, and so does what builds on it.
 */
async function connect (chain: HeaderChain, blocks: readonly BlockData[], headers: Headers, take: Take): Promise<void> {
  const waiting = new Map<string, BlockData>()
  const ahead = new Set<string>()
  const missing = new Map<string, Uint8Array>()
  const put = (list: readonly BlockData[]): number => {
    const taken = take(list)
    for (const { hash } of list) {
      waiting.delete(toHex(hash))
      missing.delete(toHex(hash))
    }
    for (const hash of taken.ahead) ahead.add(toHex(hash))
    for (const { block, parents } of taken.orphans) {
      waiting.set(toHex(block.hash), block)
      for (const parent of parents) missing.set(toHex(parent), parent)
    }
    for (const key of missing.keys()) if (waiting.has(key) || ahead.has(key)) missing.delete(key)
    return list.length - taken.orphans.length
  }
  put(blocks)
  for (let round = 0; missing.size > 0; round++) {
    if (round >= MAX_ROUNDS || waiting.size > MAX_WAITING + BLOCK_LIMITS.headers) throw new TosError('TIP_WITHHELD', 'the branch of a tip reaches down too far', { details: { rounds: round } })
    const asked = [...missing.values()].slice(0, BLOCK_LIMITS.hashes)
    const { blocks: found } = await headers({ type: 'byHash', value: asked }, asked.length)
    if (found.length === 0) throw new TosError('TIP_WITHHELD', 'the peer names a block and keeps back what it builds on')
    if (found.some(({ hash }) => !asked.some(wanted => sameBytes(wanted, hash)))) throw invalidBlock('block-hash', 'a header that was not asked for')
    let joined = put(found)
    // what waited may follow now, one above the other
    while (joined > 0 && waiting.size > 0) joined = put([...waiting.values()])
    for (const key of missing.keys()) if (chain.has(missing.get(key) as Uint8Array)) missing.delete(key)
  }
}
