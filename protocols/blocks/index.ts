import { defineProtocol, defineTopic } from '../../src/protocol/index.ts'
import type { ProtocolDefinition, RequestContext, TopicContext, TopicDefinition, Verdict } from '../../src/protocol/index.ts'
import { BLOCK_ANNOUNCE, BLOCK_REQUEST, BLOCK_RESPONSE, DETAIL } from './messages.ts'
import type { BlockAnnounce, BlockRequest, BlockResponse } from './messages.ts'

/** A question about blocks, without the id that pairs it with its answer. */
export type BlockQuestion = Omit<BlockRequest, 'requestId'>
/** The answer to a `BlockQuestion`. */
export type BlockAnswer = Omit<BlockResponse, 'requestId'>

/** Where blocks come from: a ledger. */
export interface BlockSource {
  blocks (question: BlockQuestion, context: RequestContext): BlockAnswer | Promise<BlockAnswer>
}

export type BlocksProtocol = ProtocolDefinition<BlockQuestion, BlockAnswer>

/** Blocks a question may bring, weighed by what they cost to read and send: a full block 1, a header 1/16, a hash 1/64. */
export function blockCost ({ query, detail, maxItems }: BlockQuestion): number {
  const asked = query.type === 'byHash' ? query.value.length : query.type === 'byHeight' ? query.value.count : maxItems
  const weight = detail === DETAIL.full ? 1 : detail === DETAIL.header ? 1 / 16 : 1 / 64
  return Math.max(1, Math.min(asked, maxItems) * weight)
}

/** BLOCK_REQUEST/BLOCK_RESPONSE: by hash, height, locator or tips; full, headers or hashes. */
export function blocks (source: BlockSource): BlocksProtocol {
  return defineProtocol({
    id: '/tos/{net}/blocks/1.0.0',
    messages: { request: BLOCK_REQUEST, response: BLOCK_RESPONSE, correlate: 'requestId' },
    // a thousand full blocks a second on average: enough to sync, too little to drain a disk
    limits: { perPeer: { count: 60_000, perMs: 60_000 }, timeoutMs: 20_000, maxConcurrent: 8 },
    cost: blockCost,
    handle: (question, context) => source.blocks(question, context)
  })
}

/** Judges announcements: accept only what was fetched and validated (WIRE.md §3). */
export type BlockAnnounceValidator = (announce: BlockAnnounce, context: TopicContext) => Verdict | Promise<Verdict>

/** BLOCK_ANNOUNCE on its topic. Own blocks are flood-published: a block is no secret and its speed counts. */
export function blockAnnounce (validate: BlockAnnounceValidator): TopicDefinition<BlockAnnounce> {
  return defineTopic({
    name: 'blockAnnounce', id: '/tos/{net}/block-announce/1', message: BLOCK_ANNOUNCE,
    expectedPerMinute: 12, queue: { max: 256, drop: 'oldest' }, floodPublish: true,
    // more than the fetches behind them (100 at once), so that these bound the work; longer than a fetch (5 s), so that it ends first
    concurrency: 128, validateTimeoutMs: 6000, validate
  })
}
