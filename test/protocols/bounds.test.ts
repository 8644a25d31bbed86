import { test } from 'node:test'
import assert from 'node:assert/strict'
import {
  AI_MINING_SHARE, BLOCK_ANNOUNCE, BLOCK_REQUEST, BLOCK_RESPONSE, CONSENSUS_VOTE, GOODBYE, isCanonicalIp, PEER_EXCHANGE, PING, PONG, TX_ANNOUNCE, TX_REQUEST, TX_RESPONSE, VOTE_REQUEST, VOTE_RESPONSE
} from '../../protocols/index.ts'
import { decodePayload, encodePayload, ERROR } from '../../src/protocol/index.ts'
import type { MessageOf, MessageType } from '../../src/protocol/index.ts'
import { codeOf } from '../support/frames.ts'

// every bound of the wire contract, from both sides of it

const MIB = 1 << 20
// code, enum tag, payload cap in bytes, privacy
const table: Array<[MessageType<never>, number, number | undefined, number, string]> = [
  [PING, 0x01, 0, 292, 'low'], [PONG, 0x02, 1, 20, 'low'], [PEER_EXCHANGE, 0x10, 2, 4096, 'medium'],
  [BLOCK_ANNOUNCE, 0x20, 3, 61, 'medium'], [BLOCK_REQUEST, 0x21, 4, 4096, 'medium'], [BLOCK_RESPONSE, 0x22, 5, 5 * MIB, 'medium'],
  [TX_ANNOUNCE, 0x30, 6, 54, 'high'], [TX_REQUEST, 0x31, 7, 8213, 'high'], [TX_RESPONSE, 0x32, 8, 5 * MIB, 'high'],
  [CONSENSUS_VOTE, 0x40, 9, 2200, 'high'], [AI_MINING_SHARE, 0x50, 10, 2293, 'medium'],
  [GOODBYE, 0x7f04, undefined, 266, 'low'], [VOTE_REQUEST, 0x7f05, undefined, 8 + 8 + 64 * 32, 'high'], [VOTE_RESPONSE, 0x7f06, undefined, 160 * 1024, 'high'], [ERROR, 0x7f07, undefined, 272, 'low']
] as unknown as Array<[MessageType<never>, number, number | undefined, number, string]>
for (const [type, code, tag, cap, privacy] of table) {
  test(`${type.name} is 0x${code.toString(16)}, at most ${cap} bytes, ${privacy}`, () => {
    assert.deepEqual([type.code, type.tag, type.maxBytes, type.privacy], [code, tag, cap, privacy])
  })
}

const hash = (fill = 1): Uint8Array => new Uint8Array(32).fill(fill)
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item)

/** Encodes and decodes `good` with `change` applied, and expects `code`. */
function bounds<T> (type: MessageType<T>, good: T, rows: Array<[what: string, change: Partial<T>, code?: string]>): void {
  for (const [what, change, code] of rows) {
    test(`${type.name}: ${what} is ${code ?? 'accepted'}`, () => {
      const act = (): unknown => decodePayload(type, encodePayload(type, { ...good, ...change }))
      assert.equal(codeOf(act), code ?? 'nothing thrown')
    })
  }
}

bounds(PING, { nonce: 1n, userAgent: 'a', services: 0n, timestamp: 0n }, [
  ['the longest user agent', { userAgent: 'x'.repeat(256) }],
  ['256 bytes in 64 characters', { userAgent: '🜁'.repeat(64) }],
  ['a user agent of 257', { userAgent: 'x'.repeat(257) }, 'LENGTH_LIMIT'],
  ['257 bytes in fewer characters', { userAgent: `x${'🜁'.repeat(64)}` }, 'LENGTH_LIMIT'],
  ['a control character', { userAgent: 'a\u0007' }, 'INVALID_UTF8'],
  ['DEL', { userAgent: '\u007f' }, 'INVALID_UTF8'],
  ['a C1 control', { userAgent: '\u0085' }, 'INVALID_UTF8'],
  ['a lone surrogate', { userAgent: '\ud800' }, 'INVALID_UTF8'],
  ['the greatest u64', { nonce: 2n ** 64n - 1n }],
  ['a u64 too great', { nonce: 2n ** 64n }, 'INVALID_VALUE'],
  ['a negative u64', { services: -1n }, 'INVALID_VALUE']
])

bounds(ERROR, { requestId: 1n, code: 0, text: '' }, [
  ['the longest text', { text: 'x'.repeat(254) }],
  ['a text above the cap of the message', { text: 'x'.repeat(255) }, 'LENGTH_LIMIT']
])

const record = { nodeId: hash(), ip: '203.0.113.7', port: 2080, nodeType: 0, services: 0n, lastSeen: 0n }
const list = { requestId: 1n, isResponse: true, maxPeers: 0, peers: [record] }
const withIp = (ip: string): Partial<MessageOf<typeof PEER_EXCHANGE>> => ({ peers: [{ ...record, ip }] })
bounds(PEER_EXCHANGE, list, [
  ['an empty list', { peers: [] }],
  ['16 records', { peers: many(16, record) }],
  ['16 records of the longest form', { peers: many(16, { ...record, ip: '1111:2222:3333:4444:5555:6666:7777:8888' }) }],
  ['17 records', { peers: many(17, record) }, 'LENGTH_LIMIT'],
  ['port 0', { peers: [{ ...record, port: 0 }] }, 'INVALID_VALUE'],
  ['port 65535', { peers: [{ ...record, port: 65_535 }] }],
  ['port 65536', { peers: [{ ...record, port: 65_536 }] }, 'INVALID_VALUE'],
  ['an unknown node type', { peers: [{ ...record, nodeType: 77 }] }],
  ['a response that says how many it wants', { maxPeers: 1 }, 'INVALID_VALUE'],
  ['a request for 1', { isResponse: false, maxPeers: 1, peers: [] }],
  ['a request for 16', { isResponse: false, maxPeers: 16, peers: [] }],
  ['a request for none', { isResponse: false, maxPeers: 0, peers: [] }, 'INVALID_VALUE'],
  ['a request for 17', { isResponse: false, maxPeers: 17, peers: [] }, 'INVALID_VALUE'],
  ['a request that carries peers', { isResponse: false, maxPeers: 1 }, 'INVALID_VALUE'],
  ['a node id of 31 bytes', { peers: [{ ...record, nodeId: new Uint8Array(31) }] }, 'INVALID_VALUE'],
  ['canonical IPv6', withIp('2001:db8::1')],
  ['::', withIp('::')],
  ['IPv6 in capitals', withIp('2001:DB8::1'), 'INVALID_VALUE'],
  ['IPv6 with leading zeros', withIp('2001:0db8::1'), 'INVALID_VALUE'],
  ['IPv6 not shortened', withIp('2001:db8:0:0:0:0:0:1'), 'INVALID_VALUE'],
  ['IPv6 with a zone', withIp('fe80::1%eth0'), 'INVALID_VALUE'],
  ['IPv6 in brackets', withIp('[::1]'), 'INVALID_VALUE'],
  ['a mapped IPv4 in dots', withIp('::ffff:1.2.3.4'), 'INVALID_VALUE'],
  ['IPv4 with leading zeros', withIp('203.000.113.7'), 'INVALID_VALUE'],
  ['IPv4 with three parts', withIp('1.2.3'), 'INVALID_VALUE'],
  ['IPv4 in hexadecimal', withIp('0x7f000001'), 'INVALID_VALUE'],
  ['a name', withIp('example.org'), 'INVALID_VALUE'],
  ['an empty address', withIp(''), 'INVALID_VALUE'],
  ['an address with a port', withIp('1.2.3.4:80'), 'INVALID_VALUE'],
  ['an address of 46 bytes', withIp('1'.repeat(46)), 'LENGTH_LIMIT']
])
test('isCanonicalIp never throws', () => {
  for (const text of ['%', '::1%', '::1%25', '1%', 'a'.repeat(45), '::ffff:0:0', ']', '::1]/']) assert.equal(typeof isCanonicalIp(text), 'boolean')
})

const byHash = { type: 'byHash', value: [hash()] } as const
const question = { requestId: 1n, query: { type: 'tips' } as const, detail: 0, maxItems: 1 }
const blockId = { hash: hash(), height: 1n }
type Query = MessageOf<typeof BLOCK_REQUEST>['query']
bounds(BLOCK_REQUEST, question as MessageOf<typeof BLOCK_REQUEST>, [
  ...([[0, 64], [1, 2048], [2, 4096]] as const).flatMap(([detail, most]): Array<[string, Partial<MessageOf<typeof BLOCK_REQUEST>>, string?]> => [
    [`detail ${detail} with ${most} items`, { detail, maxItems: most }],
    [`detail ${detail} with ${most + 1} items`, { detail, maxItems: most + 1 }, 'INVALID_VALUE'],
    [`detail ${detail} with no items`, { detail, maxItems: 0 }, 'INVALID_VALUE']
  ]),
  ['detail 3', { detail: 3 }, 'INVALID_VALUE'],
  ['one hash', { query: { ...byHash, value: [hash()] } }],
  ['64 hashes', { query: { ...byHash, value: many(64, hash()) } }],
  ['no hashes', { query: { ...byHash, value: [] } }, 'INVALID_VALUE'],
  ['65 hashes', { query: { ...byHash, value: many(65, hash()) } }, 'LENGTH_LIMIT'],
  ['512 heights', { query: { type: 'byHeight', value: { start: 2n ** 64n - 1n, count: 512 } } }],
  ['no heights', { query: { type: 'byHeight', value: { start: 0n, count: 0 } } }, 'INVALID_VALUE'],
  ['513 heights', { query: { type: 'byHeight', value: { start: 0n, count: 513 } } }, 'INVALID_VALUE'],
  ['a locator of 64', { query: { type: 'locator', value: { ids: many(64, blockId), stop: hash() } } }],
  ['a locator of none', { query: { type: 'locator', value: { ids: [], stop: hash() } } }, 'INVALID_VALUE'],
  ['a locator of 65', { query: { type: 'locator', value: { ids: many(65, blockId), stop: hash() } } }, 'LENGTH_LIMIT'],
  ['a query nobody knows', { query: { type: 'all' } as unknown as Query }, 'INVALID_VALUE']
])
test('BLOCK_REQUEST: an unknown query variant on the wire is refused', () => {
  const payload = encodePayload(BLOCK_REQUEST, question)
  new DataView(payload.buffer, payload.byteOffset).setUint32(12, 4, true)
  assert.equal(codeOf(() => decodePayload(BLOCK_REQUEST, payload)), 'INVALID_VALUE')
})

const block = { hash: hash(), height: 1n, parents: [hash()], header: new Uint8Array(10), transactions: [new Uint8Array(5)] }
const withBlock = (change: Partial<typeof block>): Partial<MessageOf<typeof BLOCK_RESPONSE>> => ({ blocks: [{ ...block, ...change }] })
bounds(BLOCK_RESPONSE, { requestId: 1n, status: 0, blocks: [block], notFound: [], hasMore: false }, [
  ...[0, 1, 2, 3, 4].map((status): [string, Partial<MessageOf<typeof BLOCK_RESPONSE>>] => [`status ${status}`, { status }]),
  ['status 5', { status: 5 }, 'INVALID_VALUE'],
  ['64 not found', { notFound: many(64, hash()) }],
  ['65 not found', { notFound: many(65, hash()) }, 'LENGTH_LIMIT'],
  ['32 parents', withBlock({ parents: many(32, hash()) })],
  ['33 parents', withBlock({ parents: many(33, hash()) }), 'LENGTH_LIMIT'],
  ['a header of 512 KiB', withBlock({ header: new Uint8Array(512 * 1024) })],
  ['a header above 512 KiB', withBlock({ header: new Uint8Array(512 * 1024 + 1) }), 'LENGTH_LIMIT'],
  ['10,000 transactions', withBlock({ transactions: many(10_000, new Uint8Array(1)) })],
  ['10,001 transactions', withBlock({ transactions: many(10_001, new Uint8Array(1)) }), 'LENGTH_LIMIT'],
  ['a transaction of 1 MiB', withBlock({ transactions: [new Uint8Array(MIB)] })],
  ['a transaction above 1 MiB', withBlock({ transactions: [new Uint8Array(MIB + 1)] }), 'LENGTH_LIMIT'],
  ['a block of exactly 1.25 MiB', withBlock({ parents: [], header: new Uint8Array(0), transactions: [new Uint8Array(MIB), new Uint8Array(MIB / 4 - 64 - 16)] })],
  ['a block of one byte more', withBlock({ parents: [], header: new Uint8Array(0), transactions: [new Uint8Array(MIB), new Uint8Array(MIB / 4 - 64 - 15)] }), 'INVALID_VALUE'],
  ['4,096 hashes', { blocks: many(4096, { ...block, parents: [], header: new Uint8Array(0), transactions: [] }) }],
  ['4,097 hashes', { blocks: many(4097, { ...block, parents: [], header: new Uint8Array(0), transactions: [] }) }, 'LENGTH_LIMIT'],
  ['five blocks above 5 MiB together', { blocks: many(5, { ...block, transactions: [new Uint8Array(MIB)] }) }, 'MESSAGE_TOO_LARGE']
])

bounds(TX_ANNOUNCE, { txHash: hash(), fee: 1n, priority: 0, privacyLevel: 0, energyUsed: 0n }, [
  ['priority 3', { priority: 3 }], ['priority 4', { priority: 4 }, 'INVALID_VALUE'],
  ['privacy level 3', { privacyLevel: 3 }], ['privacy level 4', { privacyLevel: 4 }, 'INVALID_VALUE']
])
bounds(TX_REQUEST, { requestId: 1n, txHashes: [hash()], includeProof: true }, [
  ['256 hashes', { txHashes: many(256, hash()) }], ['257 hashes', { txHashes: many(257, hash()) }, 'LENGTH_LIMIT'], ['no hashes', { txHashes: [] }, 'INVALID_VALUE']
])
const proof = { blockHash: hash(), blockHeight: 1n, index: 0, siblings: [] as Uint8Array[] }
const tx = { txHash: hash(), data: new Uint8Array(3), proof: null }
bounds(TX_RESPONSE, { requestId: 1n, transactions: [tx], notFound: [] }, [
  ['nothing at all', { transactions: [] }],
  ['14 siblings', { transactions: [{ ...tx, proof: { ...proof, siblings: many(14, hash()) } }] }],
  ['15 siblings', { transactions: [{ ...tx, proof: { ...proof, siblings: many(15, hash()) } }] }, 'LENGTH_LIMIT'],
  ['a body of 1 MiB', { transactions: [{ ...tx, data: new Uint8Array(MIB) }] }],
  ['a body above 1 MiB', { transactions: [{ ...tx, data: new Uint8Array(MIB + 1) }] }, 'LENGTH_LIMIT'],
  ['256 bodies', { transactions: many(256, tx) }], ['257 bodies', { transactions: many(257, tx) }, 'LENGTH_LIMIT'],
  ['257 not found', { notFound: many(257, hash()) }, 'LENGTH_LIMIT'],
  ['bodies above 5 MiB together', { transactions: many(6, { ...tx, data: new Uint8Array(MIB) }) }, 'MESSAGE_TOO_LARGE']
])

const vote = { blockHash: hash(), voterId: hash(), voteType: 0, timestamp: 0n, signature: new Uint8Array(64), parentVotes: [] as Uint8Array[] }
bounds(CONSENSUS_VOTE, vote, [
  ['vote type 2', { voteType: 2 }], ['vote type 3', { voteType: 3 }, 'INVALID_VALUE'], ['vote type 2^32 - 1', { voteType: 2 ** 32 - 1 }, 'INVALID_VALUE'],
  ['the last second of i64', { timestamp: 2n ** 63n - 1n }], ['a second before 1970', { timestamp: -1n }, 'INVALID_VALUE'], ['a second beyond i64', { timestamp: 2n ** 63n }, 'INVALID_VALUE'],
  ['64 parents', { parentVotes: many(64, hash()) }], ['65 parents', { parentVotes: many(65, hash()) }, 'LENGTH_LIMIT'],
  ['a signature of 63 bytes', { signature: new Uint8Array(63) }, 'INVALID_VALUE']
])
bounds(VOTE_REQUEST, { requestId: 1n, ids: [hash()] }, [
  ['64 ids', { ids: many(64, hash()) }], ['65 ids', { ids: many(65, hash()) }, 'LENGTH_LIMIT'], ['no ids', { ids: [] }, 'INVALID_VALUE']
])
bounds(VOTE_RESPONSE, { requestId: 1n, votes: [vote], notFound: [] }, [
  ['64 votes with 64 parents each', { votes: many(64, { ...vote, parentVotes: many(64, hash()) }) }],
  ['65 votes', { votes: many(65, vote) }, 'LENGTH_LIMIT'], ['65 not found', { notFound: many(65, hash()) }, 'LENGTH_LIMIT']
])

const share = {
  taskId: hash(), minerId: hash(), blockHash: hash(0), nonce: 0n, answerHash: hash(), difficulty: 1n, qualityScore: 0, energyUsed: 0n, stakeAmount: 0n, proof: new Uint8Array(0), timestamp: 0n, signature: new Uint8Array(64)
}
bounds(AI_MINING_SHARE, share, [
  ['quality 100', { qualityScore: 100 }], ['quality 101', { qualityScore: 101 }, 'INVALID_VALUE'], ['quality 255', { qualityScore: 255 }, 'INVALID_VALUE'],
  ['a proof of 2,048 bytes', { proof: new Uint8Array(2048) }], ['a proof of 2,049 bytes', { proof: new Uint8Array(2049) }, 'LENGTH_LIMIT']
])
bounds(GOODBYE, { reason: 1, text: '' }, [
  ['reason 13', { reason: 13 }], ['a reason of later versions', { reason: 65_535 }], ['reason 0', { reason: 0 }, 'INVALID_VALUE'],
  ['256 bytes of text', { text: 'x'.repeat(256) }], ['257 bytes of text', { text: 'x'.repeat(257) }, 'LENGTH_LIMIT'], ['a line feed', { text: 'a\nb' }, 'INVALID_UTF8']
])
