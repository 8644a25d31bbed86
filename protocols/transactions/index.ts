import { defineProtocol, defineStream, defineTopic } from '../../src/protocol/index.ts'
import type { ProtocolDefinition, RequestContext, StreamContext, StreamDefinition, TopicContext, TopicDefinition, Typed, Verdict } from '../../src/protocol/index.ts'
import { TX_ANNOUNCE, TX_LIMITS, TX_REQUEST, TX_RESPONSE, TX_STEM_BODY } from './messages.ts'
import type { TxAnnounce, TxRequest, TxResponse } from './messages.ts'

/** A question about transactions, without the id that pairs it with its answer. */
export type TxQuestion = Omit<TxRequest, 'requestId'>
/** The answer to a `TxQuestion`. */
export type TxAnswer = Omit<TxResponse, 'requestId'>

/** Where transactions come from: the pool, then the ledger. */
export interface TransactionSource {
  transactions (question: TxQuestion, context: RequestContext): TxAnswer | Promise<TxAnswer>
}

export type TransactionsProtocol = ProtocolDefinition<TxQuestion, TxAnswer>

/** TX_REQUEST/TX_RESPONSE: bodies by hash, with Merkle proofs on request. */
export function transactions (source: TransactionSource): TransactionsProtocol {
  return defineProtocol({
    id: '/tos/{net}/transactions/1.0.0',
    messages: { request: TX_REQUEST, response: TX_RESPONSE, correlate: 'requestId' },
    privacy: 'high',
    limits: { perPeer: { count: 20_000, perMs: 10_000 }, timeoutMs: 10_000, maxConcurrent: 8 },
    // a proof costs the server a block read
    cost: ({ txHashes, includeProof }) => Math.min(txHashes.length, TX_LIMITS.hashes) * (includeProof ? 8 : 1),
    handle: (question, context) => source.transactions(question, context)
  })
}

/** TX_ANNOUNCE on its topic, never flood-published: that would name the sender. */
export function txAnnounce (validate: (announce: TxAnnounce, context: TopicContext) => Verdict | Promise<Verdict>): TopicDefinition<TxAnnounce> {
  return defineTopic({
    name: 'txAnnounce', id: '/tos/{net}/tx-announce/1', message: TX_ANNOUNCE,
    expectedPerMinute: 600, queue: { max: 2048, drop: 'oldest' },
    // as for blocks; here several announcements share a fetch more often
    concurrency: 512, validateTimeoutMs: 6000, validate
  })
}

/** Takes transactions that travel along a stem. */
export interface TxStemService {
  stem (message: Typed<TxAnnounce | TxResponse>, context: StreamContext): void | Promise<void>
}

/** The stem of transaction relay: a TX_ANNOUNCE followed by a TX_STEM_BODY. */
export function txStem (service: TxStemService): StreamDefinition<TxAnnounce | TxResponse> {
  return defineStream<TxAnnounce | TxResponse>({
    id: '/tos/{net}/tx-stem/1.0.0',
    messages: [TX_ANNOUNCE, TX_STEM_BODY],
    limits: { perPeer: { count: 600, perMs: 60_000 }, openTimeoutMs: 5000 },
    handle: (message, context) => service.stem(message, context)
  })
}
