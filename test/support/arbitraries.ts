import * as fc from './fast-check.ts'
import type { Arbitrary } from 'fast-check'
import type {
  BlockAnnounce, BlockData, BlockRequest, BlockResponse, Goodbye, MiningShare, PeerExchange, PeerRecord, Ping, Pong, TxAnnounce, TxData, TxRequest, TxResponse, Vote, VoteRequest, VoteResponse
} from '../../protocols/index.ts'
import { isCanonicalIp } from '../../protocols/index.ts'
import type { ErrorMessage } from '../../src/protocol/index.ts'

// random valid values of every message type

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const bytes = (length: number): Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const hash = bytes(32)
const upTo = <T>(item: Arbitrary<T>, max: number, min = 0): Arbitrary<T[]> => fc.array(item, { minLength: min, maxLength: Math.min(max, 6) })
/** Any text the wire takes: at most `max` bytes of UTF-8, no control characters, no lone surrogates. */
const text = (max: number): Arbitrary<string> => fc.string({ unit: 'grapheme', maxLength: max / 4 })
  .map(value => value.replace(/\p{Cc}/gu, ''))
  .filter(value => value.isWellFormed() && Buffer.byteLength(value) <= max)
const ip = fc.oneof(fc.ipV4(), fc.ipV6().map(address => URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) ?? '::1')).filter(isCanonicalIp)

export const pings: Arbitrary<Ping> = fc.record({ nonce: u64, userAgent: text(256), services: u64, timestamp: u64 })
export const pongs: Arbitrary<Pong> = fc.record({ nonce: u64, timestamp: u64 })

const peerRecords = fc.record({ nodeId: hash, ip, port: fc.integer({ min: 1, max: 65_535 }), nodeType: fc.integer({ min: 0, max: 255 }), services: u64, lastSeen: u64 })
export const peerExchanges: Arbitrary<PeerExchange> = fc.oneof(
  fc.record({ requestId: u64, isResponse: fc.constant(false), maxPeers: fc.integer({ min: 1, max: 16 }), peers: fc.constant<PeerRecord[]>([]) }),
  fc.record({ requestId: u64, isResponse: fc.constant(true), maxPeers: fc.constant(0), peers: fc.array(peerRecords, { maxLength: 16 }) })
)

export const blockAnnounces: Arbitrary<BlockAnnounce> = fc.record({ blockHash: hash, blockHeight: u64, difficulty: u64, aiMined: fc.boolean(), timestamp: u64 })
const queries: Arbitrary<BlockRequest['query']> = fc.oneof(
  fc.record({ type: fc.constant('byHash' as const), value: upTo(hash, 64, 1) }),
  fc.record({ type: fc.constant('byHeight' as const), value: fc.record({ start: u64, count: fc.integer({ min: 1, max: 512 }) }) }),
  fc.record({ type: fc.constant('locator' as const), value: fc.record({ ids: upTo(fc.record({ hash, height: u64 }), 64, 1), stop: hash }) }),
  fc.constant({ type: 'tips' as const })
)
export const blockRequests: Arbitrary<BlockRequest> = fc.constantFrom([0, 64], [1, 2048], [2, 4096]).chain(([detail, most]) =>
  fc.record({ requestId: u64, query: queries, detail: fc.constant(detail as number), maxItems: fc.integer({ min: 1, max: most as number }) }))
const blockData: Arbitrary<BlockData> = fc.record({ hash, height: u64, parents: upTo(hash, 32), header: fc.uint8Array({ maxLength: 300 }), transactions: upTo(fc.uint8Array({ maxLength: 300 }), 10_000) })
export const blockResponses: Arbitrary<BlockResponse> = fc.record({ requestId: u64, status: fc.integer({ min: 0, max: 4 }), blocks: upTo(blockData, 64), notFound: upTo(hash, 64), hasMore: fc.boolean() })

const level = fc.integer({ min: 0, max: 3 })
export const txAnnounces: Arbitrary<TxAnnounce> = fc.record({ txHash: hash, fee: u64, priority: level, privacyLevel: level, energyUsed: u64 })
export const txRequests: Arbitrary<TxRequest> = fc.record({ requestId: u64, txHashes: upTo(hash, 256, 1), includeProof: fc.boolean() })
const txData: Arbitrary<TxData> = fc.record({
  txHash: hash, data: fc.uint8Array({ maxLength: 300 }), proof: fc.option(fc.record({ blockHash: hash, blockHeight: u64, index: u32, siblings: upTo(hash, 14) }))
})
export const txResponses: Arbitrary<TxResponse> = fc.record({ requestId: u64, transactions: upTo(txData, 256), notFound: upTo(hash, 256) })

export const votes: Arbitrary<Vote> = fc.record({
  blockHash: hash, voterId: hash, voteType: fc.integer({ min: 0, max: 2 }), timestamp: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), signature: bytes(64), parentVotes: upTo(hash, 64)
})
export const voteRequests: Arbitrary<VoteRequest> = fc.record({ requestId: u64, ids: upTo(hash, 64, 1) })
export const voteResponses: Arbitrary<VoteResponse> = fc.record({ requestId: u64, votes: upTo(votes, 64), notFound: upTo(hash, 64) })

export const miningShares: Arbitrary<MiningShare> = fc.record({
  taskId: hash, minerId: hash, blockHash: hash, nonce: u64, answerHash: hash, difficulty: u64, qualityScore: fc.integer({ min: 0, max: 100 }), energyUsed: u64, stakeAmount: u64,
  proof: fc.uint8Array({ maxLength: 2048 }), timestamp: u64, signature: bytes(64)
})
export const goodbyes: Arbitrary<Goodbye> = fc.record({ reason: fc.integer({ min: 1, max: 65_535 }), text: text(256) })
export const errorMessages: Arbitrary<ErrorMessage> = fc.record({ requestId: u64, code: fc.integer({ min: 0, max: 65_535 }), text: text(254) })
