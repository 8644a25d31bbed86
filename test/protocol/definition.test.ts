import { test } from 'node:test'
import assert from 'node:assert/strict'
import { createKernel, defineMessage, defineProtocol, defineStream, defineTopic } from '../../src/protocol/index.ts'
import { string, struct, u64 } from '../../src/wire/index.ts'
import { codeOf } from '../support/frames.ts'
import { textProtocol } from '../support/kernel-pair.ts'

const body = struct({ text: string(64) })
const good = { id: '/acme/hello/1.0.0', types: { request: 0x8001, response: 0x8002 }, request: body, response: body, limits: { perPeer: { count: 1, perMs: 1 }, timeoutMs: 1 } }

const malformed: Array<[string, Record<string, unknown>]> = [
  ['an id without a version', { id: '/acme' }],
  ['an id without a slash', { id: 'acme/hello' }],
  ['an id with a space', { id: '/acme/he llo/1.0.0' }],
  ['no id', { id: undefined }],
  ['no limits', { limits: undefined }],
  ['no rate', { limits: { timeoutMs: 1 } }],
  ['a rate of nothing', { limits: { perPeer: { count: 0, perMs: 1000 }, timeoutMs: 1 } }],
  ['a rate per no time', { limits: { perPeer: { count: 1, perMs: 0 }, timeoutMs: 1 } }],
  ['a rate that is no number', { limits: { perPeer: { count: NaN, perMs: 1 }, timeoutMs: 1 } }],
  ['no time-out', { limits: { perPeer: { count: 1, perMs: 1 } } }],
  ['a time-out no timer takes', { limits: { perPeer: { count: 1, perMs: 1 }, timeoutMs: 2 ** 31 } }],
  ['no handler may run', { limits: { ...good.limits, maxConcurrent: 0 } }],
  ['no request may be pending', { limits: { ...good.limits, maxPending: 0.5 } }],
  ['no codes', { types: undefined }],
  ['a code of the specification', { types: { request: 0x01, response: 0x8002 } }],
  ['a code of this project', { types: { request: 0x8001, response: 0x7f07 } }],
  ['a code above u16', { types: { request: 0x8001, response: 0x1_0000 } }],
  ['twice the same code', { types: { request: 0x8001, response: 0x8001 } }],
  ['a schema that is none', { request: { text: 'string' } }],
  ['no response schema', { response: undefined }],
  ['a handler that is none', { handle: 'hello' }],
  ['a cost that is none', { cost: 3 }],
  ['a cap of nothing', { maxBytes: 0 }]
]

for (const [what, change] of malformed) {
  test(`defineProtocol refuses ${what}`, () => {
    assert.equal(codeOf(() => defineProtocol({ ...good, ...change } as unknown as typeof good)), 'INVALID_DEFINITION')
  })
}

test('defineStream refuses the same mistakes', () => {
  const stream = { id: '/acme/feed/1.0.0', messages: [defineMessage({ name: 'X', code: 0x9000, schema: body })], limits: { perPeer: { count: 1, perMs: 1 }, openTimeoutMs: 1 } }
  assert.equal(codeOf(() => defineStream(stream)), 'nothing thrown')
  for (const change of [{ id: 'x' }, { limits: undefined }, { limits: { perPeer: { count: 1, perMs: 1 } } }, { messages: [] }, { messages: undefined }, { handle: 1 }]) {
    assert.equal(codeOf(() => defineStream({ ...stream, ...change } as unknown as typeof stream)), 'INVALID_DEFINITION', Object.keys(change).join())
  }
})

const topic = { name: 'news', id: '/acme/{net}/news/1', message: defineMessage({ name: 'X', code: 0x9000, schema: body }), expectedPerMinute: 1, queue: { max: 1, drop: 'oldest' as const }, validate: () => 'accept' as const }
test('defineTopic accepts a good definition, also with everything that may be left out', () => {
  assert.equal(codeOf(() => defineTopic(topic)), 'nothing thrown')
  assert.equal(codeOf(() => defineTopic({ ...topic, concurrency: 1, weight: 0.5, validateTimeoutMs: 1, floodPublish: true })), 'nothing thrown')
})
for (const [what, change] of [
  ['an id without a version', { id: '/news' }], ['no id', { id: undefined }], ['no message', { message: undefined }], ['a schema for a message', { message: body }],
  ['no expected rate', { expectedPerMinute: undefined }], ['an expected rate of nothing', { expectedPerMinute: 0 }], ['a rate that is no number', { expectedPerMinute: NaN }],
  ['no queue', { queue: undefined }], ['a queue without a bound', { queue: { drop: 'oldest' } }], ['a queue of nothing', { queue: { max: 0, drop: 'oldest' } }], ['a queue that drops neither end', { queue: { max: 1 } }],
  ['no slot to validate in', { concurrency: 0 }], ['a weight of nothing', { weight: 0 }], ['no time to validate', { validateTimeoutMs: 0 }], ['no validate', { validate: undefined }], ['a validate that is none', { validate: 'accept' }]
] as Array<[string, Record<string, unknown>]>) {
  test(`defineTopic refuses ${what}`, () => {
    assert.equal(codeOf(() => defineTopic({ ...topic, ...change } as unknown as typeof topic)), 'INVALID_DEFINITION')
  })
}

test('a definition knows its sizes: 9 bytes of envelope, and never more than maxBytes', () => {
  const { request } = defineProtocol(good)
  assert.equal(request.type.maxBytes, 8 + 1 + 8 + 64)
  assert.equal(request.type.minBytes, 8 + 1 + 8)
  assert.equal(defineProtocol({ ...good, maxBytes: 40 }).request.type.maxBytes, 40)
})

test('the registry refuses an id twice, also once {net} is filled in, and a network that is no name', () => {
  const kernel = createKernel({ network: 'devnet' })
  kernel.mount(textProtocol({ id: '/acme/{net}/hello/1.0.0' }))
  assert.equal(codeOf(() => kernel.mount(textProtocol({ id: '/acme/devnet/hello/1.0.0' }))), 'DUPLICATE_PROTOCOL')
  assert.deepEqual([...kernel.mounted], [['/acme/devnet/hello/1.0.0', [0x8001, 0x8002]]])
  for (const network of ['', 'Dev', 'dev net', 'x'.repeat(33), '../etc']) assert.equal(codeOf(() => createKernel({ network })), 'INVALID_DEFINITION', network)
})

test('a code below 0x8000 belongs to one protocol; third parties\' codes are scoped by their id', () => {
  const kernel = createKernel({ network: 'devnet' })
  const schema = struct({ id: u64 })
  const own = (code: number, id: string): unknown => kernel.mount(defineProtocol({
    id, limits: good.limits,
    messages: { request: defineMessage({ name: 'A', code, schema }), response: defineMessage({ name: 'B', code: code + 1, schema }), correlate: 'id' }
  }))
  own(0x60, '/tos/{net}/a/1.0.0')
  assert.equal(codeOf(() => own(0x61, '/tos/{net}/b/1.0.0')), 'DUPLICATE_CODE')
  kernel.mount(textProtocol({ id: '/acme/a/1.0.0' }))
  kernel.mount(textProtocol({ id: '/other/a/1.0.0' }))
  assert.equal(kernel.mounted.size, 3)
})
