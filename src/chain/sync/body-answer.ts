import { BLOCK_LIMITS, BLOCK_STATUS, blockBytes } from '../../../protocols/index.ts'
import type { BlockAnswer, BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import { sameBytes } from '../block/hash.ts'
import type { Link } from './headers.ts'

/** What an answer brought: blocks by name, and names of what the peer says it lacks. */
export interface Bodies {
  readonly blocks: ReadonlyMap<string, BlockData>
  readonly missing: ReadonlySet<string>
}

/**
 * Measures an answer against the request for `links`: each block stands under the name of its own header, was asked for and comes once.
 * Transactions are left to the ledger. Throws `INVALID_MESSAGE`, `MESSAGE_TOO_LARGE`, `INVALID_BLOCK`, `BUSY`.
 */
export function readBodies (links: readonly Link[], { blocks, notFound, hasMore, status }: BlockAnswer): Bodies {
  if (status === BLOCK_STATUS.busy) throw new TosError('BUSY', 'the peer is busy')
  if (blocks.length > links.length) throw new TosError('INVALID_MESSAGE', `${blocks.length} blocks for a request of ${links.length}`, { details: { rule: 'count' } })
  const bytes = blocks.reduce((sum, block) => sum + blockBytes(block), 0)
  if (bytes > BLOCK_LIMITS.responseBytes) throw new TosError('MESSAGE_TOO_LARGE', `an answer of ${bytes} bytes`, { details: { bytes } })
  const wanted = new Map(links.map(({ key, bytes }) => [key, bytes]))
  const got = new Map<string, BlockData>()
  for (const block of blocks) {
    const key = toHex(block.hash)
    const header = wanted.get(key)
    if (header === undefined || got.has(key)) throw new TosError('INVALID_BLOCK', 'a block that was not asked for', { details: { rule: 'unrequested' } })
    // the same bytes were hashed when the header came
    if (!sameBytes(block.header, header)) throw new TosError('INVALID_BLOCK', 'the header is not that of the block', { details: { rule: 'block-hash' } })
    got.set(key, block)
  }
  const named = status === BLOCK_STATUS.pruned && blocks.length === 0 ? [...wanted.keys()] : notFound.map(toHex).filter(key => wanted.has(key) && !got.has(key))
  if (got.size === 0 && named.length === 0) throw new TosError('INVALID_MESSAGE', hasMore ? 'an empty answer promises more' : 'an empty answer to a request by hash', { details: { rule: 'progress' } })
  return { blocks: got, missing: new Set(named) }
}
