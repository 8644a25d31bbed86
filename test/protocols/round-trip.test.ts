import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from '../support/fast-check.ts'
import type { Arbitrary } from 'fast-check'
import {
  AI_MINING_SHARE, BLOCK_ANNOUNCE, BLOCK_REQUEST, BLOCK_RESPONSE, CONSENSUS_VOTE, GOODBYE, PEER_EXCHANGE, PING, PONG, TX_ANNOUNCE, TX_REQUEST, TX_RESPONSE, VOTE_REQUEST, VOTE_RESPONSE
} from '../../protocols/index.ts'
import { decodePayload, encodePayload, ERROR } from '../../src/protocol/index.ts'
import type { MessageType } from '../../src/protocol/index.ts'
import { fromJson, toJson } from '../../src/wire/index.ts'
import * as any from '../support/arbitraries.ts'

function roundTrip<T> (type: MessageType<T>, values: Arbitrary<T>): void {
  test(`${type.name}: any valid value survives bytes and JSON, inside its sizes`, () => {
    fc.assert(fc.property(values, value => {
      const payload = encodePayload(type, value)
      assert.ok(payload.length >= type.minBytes && payload.length <= type.maxBytes)
      const decoded = decodePayload(type, payload)
      assert.deepEqual(plain(decoded), plain(value))
      assert.deepEqual(encodePayload(type, decoded), payload)
      assert.deepEqual(plain(fromJson(type.schema, JSON.parse(JSON.stringify(toJson(type.schema, value))))), plain(value))
    }), { numRuns: 60 })
  })

  test(`${type.name}: damaged bytes are refused with a code or decode to something that encodes again`, () => {
    fc.assert(fc.property(values, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }), fc.nat(), (value, changes, cut) => {
      const payload = Uint8Array.from(encodePayload(type, value))
      for (const [at, byte] of changes) payload[at % payload.length] = byte
      const bytes = cut % 3 === 0 ? payload.subarray(0, cut % payload.length) : payload
      let decoded: T
      try {
        decoded = decodePayload(type, bytes)
      } catch (error) {
        assert.equal((error as Error).name, 'TosError', String(error))
        return
      }
      assert.deepEqual(Buffer.from(encodePayload(type, decoded)), Buffer.from(bytes), 'one value, one encoding')
    }), { numRuns: 150 })
  })
}

/** Byte fields as plain arrays, so that views and copies compare. */
function plain (value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  return value
}

roundTrip(PING, any.pings)
roundTrip(PONG, any.pongs)
roundTrip(PEER_EXCHANGE, any.peerExchanges)
roundTrip(BLOCK_ANNOUNCE, any.blockAnnounces)
roundTrip(BLOCK_REQUEST, any.blockRequests)
roundTrip(BLOCK_RESPONSE, any.blockResponses)
roundTrip(TX_ANNOUNCE, any.txAnnounces)
roundTrip(TX_REQUEST, any.txRequests)
roundTrip(TX_RESPONSE, any.txResponses)
roundTrip(CONSENSUS_VOTE, any.votes)
roundTrip(VOTE_REQUEST, any.voteRequests)
roundTrip(VOTE_RESPONSE, any.voteResponses)
roundTrip(AI_MINING_SHARE, any.miningShares)
roundTrip(GOODBYE, any.goodbyes)
roundTrip(ERROR, any.errorMessages)
