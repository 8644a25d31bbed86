import { defineMessage } from '../../src/protocol/index.ts'
import type { MessageOf } from '../../src/protocol/index.ts'
import { blob, bool, bytes, refine, struct, u32, u64, u8, union, vec } from '../../src/wire/index.ts'
import type { Infer } from '../../src/wire/index.ts'

/** Size limits of one block and one answer, in bytes or items. */
export const BLOCK_LIMITS = {
  blockBytes: 1_310_720, headerBytes: 512 * 1024, transactionBytes: 1_048_576, transactions: 10_000, parents: 32,
  responseBytes: 5_242_880, hashes: 64, locator: 64, fullBlocks: 64, headers: 2048, blockHashes: 4096, heights: 512
} as const

/** How much of each block an answer carries (`detail`). */
export const DETAIL = { full: 0, header: 1, hash: 2 } as const
/** How an answer went (`status`): `partial` means that some of what was asked is missing here. */
export const BLOCK_STATUS = { ok: 0, notFound: 1, partial: 2, busy: 3, pruned: 4 } as const

const maxItems: readonly number[] = [BLOCK_LIMITS.fullBlocks, BLOCK_LIMITS.headers, BLOCK_LIMITS.blockHashes]
const hash = bytes(32)
/** A block's name and place. */
export const blockId = struct({ hash, height: u64 })
const query = union({
  byHash: vec(hash, { min: 1, max: BLOCK_LIMITS.hashes }),
  byHeight: struct({ start: u64, count: refine(u32, n => n >= 1 && n <= BLOCK_LIMITS.heights ? undefined : `count must be 1..${BLOCK_LIMITS.heights}`) }),
  locator: struct({ ids: vec(blockId, { min: 1, max: BLOCK_LIMITS.locator }), stop: hash }),
  tips: null
})

/** BLOCK_REQUEST (0x21): by hash, by height, by locator (newest first, genesis last) or the tips. */
export const BLOCK_REQUEST = defineMessage({
  name: 'BLOCK_REQUEST',
  code: 0x21,
  tag: 4,
  maxBytes: 4096,
  schema: refine(struct({ requestId: u64, query, detail: u8, maxItems: u32 }), ({ detail, maxItems: asked }) => {
    const most = maxItems[detail]
    if (most === undefined) return `detail ${detail} is unknown`
    return asked >= 1 && asked <= most ? undefined : `maxItems must be 1..${most}`
  })
})

/** One block on the wire; `header` is opaque here, the receiver recomputes `hash` from it. */
export const blockData = refine(
  struct({
    hash, height: u64, parents: vec(hash, { max: BLOCK_LIMITS.parents }), header: blob(BLOCK_LIMITS.headerBytes),
    transactions: vec(blob(BLOCK_LIMITS.transactionBytes), { max: BLOCK_LIMITS.transactions })
  }),
  block => blockBytes(block) <= BLOCK_LIMITS.blockBytes ? undefined : `block exceeds ${BLOCK_LIMITS.blockBytes} bytes`
)

/** BLOCK_RESPONSE (0x22): blocks in topological order, parents first; `hasMore`: the same query continues after the last item. */
export const BLOCK_RESPONSE = defineMessage({
  name: 'BLOCK_RESPONSE',
  code: 0x22,
  tag: 5,
  maxBytes: BLOCK_LIMITS.responseBytes,
  schema: struct({
    requestId: u64, status: refine(u8, value => value <= 4 ? undefined : `status ${value} is unknown`),
    blocks: vec(blockData, { max: BLOCK_LIMITS.blockHashes }), notFound: vec(hash, { max: BLOCK_LIMITS.hashes }), hasMore: bool
  })
})

/** BLOCK_ANNOUNCE (0x20): `timestamp` is the block's own, in milliseconds. */
export const BLOCK_ANNOUNCE = defineMessage({
  name: 'BLOCK_ANNOUNCE', code: 0x20, tag: 3, schema: struct({ blockHash: hash, blockHeight: u64, difficulty: u64, aiMined: bool, timestamp: u64 })
})

export type BlockId = Infer<typeof blockId>
export type BlockQuery = Infer<typeof query>
export type BlockData = Infer<typeof blockData>
export type BlockRequest = MessageOf<typeof BLOCK_REQUEST>
export type BlockResponse = MessageOf<typeof BLOCK_RESPONSE>
export type BlockAnnounce = MessageOf<typeof BLOCK_ANNOUNCE>

/** Bytes of one block on the wire: 64 of fixed fields and lengths, and what it holds. */
export function blockBytes (block: { parents: readonly Uint8Array[], header: Uint8Array, transactions: readonly Uint8Array[] }): number {
  let bytes = 64 + block.parents.length * 32 + block.header.length
  for (const tx of block.transactions) bytes += 8 + tx.length
  return bytes
}
