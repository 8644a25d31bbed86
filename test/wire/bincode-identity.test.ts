import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import * as P from 'micro-packed'
import { BLOCK_ANNOUNCE, BLOCK_REQUEST, CONSENSUS_VOTE, PING, TX_RESPONSE } from '../../protocols/index.ts'
import { decodePayload, encodePayload } from '../../src/protocol/index.ts'
import type { MessageType } from '../../src/protocol/index.ts'

// The same layouts, written from the specification's structs with another library.
const hash = P.bytes(32)
const length = P.apply(P.U64LE, P.coders.numberBigint)
const blob = P.bytes(length)
const list = <T>(item: P.CoderType<T>): P.CoderType<T[]> => P.array(length, item)

const layouts = {
  ping: P.struct({ nonce: P.U64LE, userAgent: P.string(length), services: P.U64LE, timestamp: P.U64LE }),
  announce: P.struct({ blockHash: hash, blockHeight: P.U64LE, difficulty: P.U64LE, aiMined: P.bool, timestamp: P.U64LE }),
  vote: P.struct({ blockHash: hash, voterId: hash, voteType: P.U32LE, timestamp: P.I64LE, signature: P.bytes(64), parentVotes: list(hash) }),
  query: P.tag(P.U32LE, {
    0: list(hash), 1: P.struct({ start: P.U64LE, count: P.U32LE }), 2: P.struct({ ids: list(P.struct({ hash, height: P.U64LE })), stop: hash }), 3: P.constant(null)
  }),
  txData: P.struct({
    txHash: hash, data: blob,
    proof: P.optional(P.bool, P.struct({ blockHash: hash, blockHeight: P.U64LE, index: P.U32LE, siblings: list(hash) }))
  })
}
const request = P.struct({ requestId: P.U64LE, query: layouts.query, detail: P.U8, maxItems: P.U32LE })
const response = P.struct({ requestId: P.U64LE, transactions: list(layouts.txData), notFound: list(hash) })

const RUNS = { numRuns: 200, seed: 20_260_103 }
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const digests = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array[]> => fc.array(digest, { minLength, maxLength })

/** Our payload must be the tag and the oracle's bytes, and must read back to the value. */
function identical<T> (type: MessageType<T>, oracle: P.CoderType<never>, values: fc.Arbitrary<T>, translate: (value: T) => unknown = value => value): void {
  fc.assert(fc.property(values, value => {
    const payload = encodePayload(type, value)
    const expected = Buffer.concat([P.U32LE.encode(type.tag as number), oracle.encode(translate(value) as never)])
    assert.equal(Buffer.from(payload).toString('hex'), expected.toString('hex'))
    assert.deepEqual(decodePayload(type, Uint8Array.from(expected)), value)
  }), RUNS)
}

suite('bincode identity with an independent encoder', () => {
  test('PING', () => {
    const userAgent = fc.string({ maxLength: 60 })
    identical(PING, layouts.ping as never, fc.record({ nonce: u64, userAgent, services: u64, timestamp: u64 }, { noNullPrototype: true }))
  })

  test('BLOCK_ANNOUNCE', () => {
    identical(BLOCK_ANNOUNCE, layouts.announce as never, fc.record({ blockHash: digest, blockHeight: u64, difficulty: u64, aiMined: fc.boolean(), timestamp: u64 }, { noNullPrototype: true }))
  })

  test('CONSENSUS_VOTE', () => {
    identical(CONSENSUS_VOTE, layouts.vote as never, fc.record({
      blockHash: digest, voterId: digest, voteType: fc.nat(2), timestamp: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      signature: fc.uint8Array({ minLength: 64, maxLength: 64 }), parentVotes: digests(0, 6)
    }, { noNullPrototype: true }))
  })

  test('BLOCK_REQUEST, every variant of the query', () => {
    const blockId = fc.record({ hash: digest, height: u64 }, { noNullPrototype: true })
    const query = fc.oneof(
      digests(1, 3).map(value => ({ type: 'byHash' as const, value })),
      fc.record({ start: u64, count: fc.integer({ min: 1, max: 512 }) }, { noNullPrototype: true }).map(value => ({ type: 'byHeight' as const, value })),
      fc.record({ ids: fc.array(blockId, { minLength: 1, maxLength: 3 }), stop: digest }, { noNullPrototype: true }).map(value => ({ type: 'locator' as const, value })),
      fc.constant({ type: 'tips' as const })
    )
    const tags = { byHash: 0, byHeight: 1, locator: 2, tips: 3 }
    identical(BLOCK_REQUEST, request as never, fc.record({ requestId: u64, query, detail: fc.nat(2), maxItems: fc.integer({ min: 1, max: 64 }) }, { noNullPrototype: true }), value => ({
      ...value, query: { TAG: tags[value.query.type], data: value.query.type === 'tips' ? null : value.query.value }
    }))
  })

  test('TX_RESPONSE, with and without proof', () => {
    const proof = fc.option(fc.record({ blockHash: digest, blockHeight: u64, index: u32, siblings: digests(0, 3) }, { noNullPrototype: true }))
    const txData = fc.record({ txHash: digest, data: fc.uint8Array({ maxLength: 50 }), proof }, { noNullPrototype: true })
    identical(TX_RESPONSE, response as never, fc.record({ requestId: u64, transactions: fc.array(txData, { maxLength: 3 }), notFound: digests(0, 3) }, { noNullPrototype: true }), value => ({
      ...value, transactions: value.transactions.map(item => ({ ...item, proof: item.proof ?? undefined }))
    }))
  })
})
