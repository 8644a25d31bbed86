import { test } from 'node:test'
import type { TestContext } from 'node:test'
import assert from 'node:assert/strict'
import type { TosErrorCode } from '../../src/protocol/index.ts'
import { encodePayload, ERROR, peerIdToNodeId } from '../../src/protocol/index.ts'
import { flip, frame, NOW_MS } from '../support/frames.ts'
import type { FrameParts } from '../support/frames.ts'
import { kernelPair, rawPeer, textProtocol } from '../support/kernel-pair.ts'
import type { Pair, RawPeer, Text } from '../support/kernel-pair.ts'

const definition = textProtocol()
const REQUEST = definition.request.type
const WIRE_CODE = { malformed: 0, rateLimited: 1, clockSkew: 4, unknownType: 5, tooLarge: 6 } as const

async function served (t: TestContext, protocol = definition): Promise<{ p: Pair<Text, Text>, raw: RawPeer }> {
  const p = await kernelPair(protocol)
  t.after(() => p.stop())
  return { p, raw: await rawPeer(p.net, p.server.peer) }
}

/** A valid request of a raw peer. */
function ask (raw: RawPeer, requestId: bigint, text = 'hello'): Uint8Array {
  return raw.message(REQUEST, { requestId, more: false, body: { text } })
}

/** The good payload of request 7 with some bytes replaced or added. */
function payload (change: (bytes: Buffer) => Uint8Array): Uint8Array {
  return change(Buffer.from(encodePayload(REQUEST, { requestId: 7n, more: false, body: { text: 'hello' } })))
}
function set (at: number, ...bytes: number[]): (payload: Buffer) => Buffer {
  return whole => { whole.set(bytes, at); return whole }
}

const TEXT_LENGTH_AT = 9
const TEXT_AT = 17

// What it is, the frame, the code counted here, the number in the ERROR the peer gets, the id in it.
const answered: Array<[string, (raw: RawPeer) => Uint8Array, TosErrorCode, number, bigint]> = [
  ['a damaged checksum', raw => flip(ask(raw, 7n), 15), 'CORRUPT_MESSAGE', WIRE_CODE.malformed, 0n],
  ['a damaged payload', raw => flip(ask(raw, 7n), 70), 'CORRUPT_MESSAGE', WIRE_CODE.malformed, 0n],
  ['the node_id of another', () => frame({ type: REQUEST.code, nodeId: new Uint8Array(32).fill(1), payload: payload(bytes => bytes) }), 'WRONG_NODE_ID', WIRE_CODE.malformed, 7n],
  ['a clock an hour off', raw => raw.frame({ type: REQUEST.code, timestamp: BigInt(Math.floor(NOW_MS / 1000)) + 3600n, payload: payload(bytes => bytes) }), 'CLOCK_SKEW', WIRE_CODE.clockSkew, 7n],
  ['an unknown type', raw => raw.frame({ type: 0x9999, payload: new Uint8Array(1000) }), 'UNKNOWN_TYPE', WIRE_CODE.unknownType, 0n],
  ['a response instead of a request', raw => raw.frame({ type: 0x8002, payload: payload(bytes => bytes) }), 'UNKNOWN_TYPE', WIRE_CODE.unknownType, 0n],
  ['an empty payload', raw => raw.frame({ type: REQUEST.code }), 'MESSAGE_TOO_SMALL', WIRE_CODE.malformed, 0n],
  ['a payload that ends early', raw => raw.frame({ type: REQUEST.code, payload: payload(bytes => bytes.subarray(0, -1)) }), 'TRUNCATED', WIRE_CODE.malformed, 7n],
  ['trailing bytes', raw => raw.frame({ type: REQUEST.code, payload: payload(bytes => Buffer.concat([bytes, Buffer.of(0)])) }), 'TRAILING_BYTES', WIRE_CODE.malformed, 7n],
  ['a bool of 2', raw => raw.frame({ type: REQUEST.code, payload: payload(set(8, 2)) }), 'INVALID_VALUE', WIRE_CODE.malformed, 7n],
  ['bad UTF-8', raw => raw.frame({ type: REQUEST.code, payload: payload(set(TEXT_AT, 0xc3, 0x28)) }), 'INVALID_UTF8', WIRE_CODE.malformed, 7n],
  ['an overlong UTF-8 form', raw => raw.frame({ type: REQUEST.code, payload: payload(set(TEXT_AT, 0xc0, 0xaf)) }), 'INVALID_UTF8', WIRE_CODE.malformed, 7n],
  ['a control character', raw => raw.frame({ type: REQUEST.code, payload: payload(set(TEXT_AT, 0x1b)) }), 'INVALID_UTF8', WIRE_CODE.malformed, 7n],
  ['a string longer than the payload', raw => raw.frame({ type: REQUEST.code, payload: payload(set(TEXT_LENGTH_AT, 0xff)) }), 'TRUNCATED', WIRE_CODE.malformed, 7n],
  ['a string longer than its limit', raw => raw.frame({ type: REQUEST.code, payload: payload(set(TEXT_LENGTH_AT, 0xff, 0xff, 0xff, 0xff)) }), 'LENGTH_LIMIT', WIRE_CODE.malformed, 7n],
  ['a string of 2^63 bytes', raw => raw.frame({ type: REQUEST.code, payload: payload(set(TEXT_LENGTH_AT, 0, 0, 0, 0, 0, 0, 0, 0x80)) }), 'LENGTH_LIMIT', WIRE_CODE.malformed, 7n]
]

for (const [what, bad, code, wireCode, requestId] of answered) {
  test(`${what}: counted as ${code}, answered, and the next good frame on the same stream works`, async t => {
    const { p, raw } = await served(t)
    const stream = await raw.open()
    stream.write(bad(raw), ask(raw, 8n))
    const error = await stream.nextError()
    assert.deepEqual([error.code, error.requestId], [wireCode, requestId])
    assert.equal((await stream.next()).type, 0x8002)
    assert.deepEqual([...p.server.kernel.incidents.counts], [[code, 1]])
  })
}

const fatal: Array<[string, (raw: RawPeer) => Uint8Array, TosErrorCode]> = [
  ['wrong magic', raw => flip(ask(raw, 7n), 0), 'WRONG_MAGIC'],
  ['another version', raw => flip(ask(raw, 7n), 4, 3), 'INCOMPATIBLE_VERSION'],
  ...[1, 2 ** 31, 2 ** 32 - 1].map((length): [string, (raw: RawPeer) => Uint8Array, TosErrorCode] =>
    [`a length of ${length === 1 ? 'cap + 1' : length}`, raw => raw.frame({ type: REQUEST.code, length: length === 1 ? REQUEST.maxBytes + 1 : length }), 'MESSAGE_TOO_LARGE']),
  ['an unknown type above 64 KiB', raw => raw.frame({ type: 0x9999, length: 65_537 }), 'MESSAGE_TOO_LARGE']
]

for (const [what, bad, code] of fatal) {
  test(`${what}: the stream closes, counted as ${code}, and a new stream works`, async t => {
    const { p, raw } = await served(t)
    const stream = await raw.open()
    stream.write(bad(raw), ask(raw, 8n))
    assert.equal(await stream.closed, 'StreamResetError')
    assert.deepEqual([...p.server.kernel.incidents.counts], [[code, 1]])
    const next = await raw.open()
    next.write(ask(raw, 9n))
    assert.equal((await next.next()).type, 0x8002)
    assert.equal(raw.connection.status, 'open')
    assert.equal(p.server.service.dump()['inbound'], 1)
  })
}

test('a payload of exactly the cap is read', async t => {
  const small = textProtocol({ maxBytes: 64 })
  const { raw } = await served(t, small)
  const stream = await raw.open()
  stream.write(raw.message(small.request.type, { requestId: 1n, more: false, body: { text: 'x'.repeat(64 - 17) } }))
  assert.equal((await stream.next()).type, 0x8002)
})

test('a frame cut off by the end of the stream is TRUNCATED and answered; the stream then ends cleanly', async t => {
  const { p, raw } = await served(t)
  const stream = await raw.open()
  stream.write(ask(raw, 1n).subarray(0, 65))
  await stream.stream.close()
  assert.equal((await stream.nextError()).code, WIRE_CODE.malformed)
  assert.equal(await stream.closed, undefined)
  assert.equal(p.server.count('TRUNCATED'), 1)
})

test('one byte at a time, and many requests in one write, are all the same', async t => {
  const { raw } = await served(t)
  const slow = await raw.open()
  for (const byte of ask(raw, 1n)) slow.write(Uint8Array.of(byte))
  assert.equal((await slow.next()).type, 0x8002)
  const fast = await raw.open()
  fast.write(Buffer.concat(Array.from({ length: 50 }, (_, i) => ask(raw, BigInt(i)))))
  for (let i = 0; i < 50; i++) assert.equal((await fast.next()).payload[0], i)
})

test('one-shot: write a request, close, read until the end', async t => {
  const { p, raw } = await served(t)
  const stream = await raw.open()
  stream.write(ask(raw, 5n))
  await stream.stream.close()
  await stream.ended
  assert.deepEqual(stream.frames.map(({ type, payload }) => [type, payload[0]]), [[0x8002, 5]])
  assert.equal(await stream.closed, undefined)
  assert.equal(p.server.service.dump()['inbound'], 0)
})

test('three damaged frames within 60 s close the connection, whatever streams they came on; two do not, nor three in more time', async t => {
  const { p, raw } = await served(t)
  const damage = async (): Promise<void> => {
    const stream = await raw.open()
    stream.write(flip(ask(raw, 1n), 12))
    await stream.nextError().catch(() => undefined)
    await stream.stream.close()
  }
  await damage()
  p.time.ms += 30_000
  await damage()
  assert.equal(raw.connection.status, 'open')
  p.time.ms += 30_000
  await damage()
  assert.equal(raw.connection.status, 'open', 'the first was a minute ago')
  p.time.ms += 29_999
  await damage()
  assert.notEqual(raw.connection.status, 'open')
  assert.equal((raw.connection.reason.error as { code?: string } | undefined)?.code, 'CORRUPT_MESSAGE')
  assert.equal(p.server.count('CORRUPT_MESSAGE'), 4, 'the closing itself is not counted again')
})

test('too many requests are answered RATE_LIMITED with their id and accepted again once time has passed', async t => {
  const limits = { perPeer: { count: 4, perMs: 1000 }, timeoutMs: 5000 }
  const { p, raw } = await served(t, textProtocol({ limits }))
  const stream = await raw.open()
  stream.write(...[1n, 2n, 3n].map(id => ask(raw, id)))
  await stream.next()
  await stream.next()
  const refused = await stream.nextError()
  assert.deepEqual([refused.code, refused.requestId], [WIRE_CODE.rateLimited, 3n])
  p.time.ms += 250
  stream.write(ask(raw, 4n))
  assert.equal((await stream.next()).payload[0], 4)
  // hanging up does not refill the budget
  const other = await raw.open()
  other.write(ask(raw, 5n))
  assert.equal((await other.nextError()).code, WIRE_CODE.rateLimited)
})

test('bad frames are charged too, and a request is charged its cost', async t => {
  const limits = { perPeer: { count: 20, perMs: 1000 }, timeoutMs: 5000 }
  const { p, raw } = await served(t, textProtocol({ limits, cost: ({ text }) => text.length }))
  const stream = await raw.open()
  stream.write(raw.frame({ type: 0x9999 }), ask(raw, 1n, 'x'.repeat(9)), ask(raw, 2n, 'x'))
  assert.equal((await stream.nextError()).code, WIRE_CODE.unknownType)
  assert.equal((await stream.next()).payload[0], 1)
  assert.equal((await stream.nextError()).code, WIRE_CODE.rateLimited)
  p.time.ms += 10_000
  stream.write(ask(raw, 3n, 'x'.repeat(500)))
  assert.equal((await stream.next()).payload[0], 3, 'a cost above the burst passes when the burst is free')
})

for (const [what, bad] of [
  ['an unknown type', raw => raw.frame({ type: 0x9999 })],
  ['a clock an hour off', raw => raw.frame({ type: REQUEST.code, timestamp: 1n, payload: payload(bytes => bytes) })],
  ['the node_id of another', () => frame({ type: REQUEST.code, nodeId: new Uint8Array(32).fill(1), payload: payload(bytes => bytes) })],
  ['bytes that do not parse', raw => raw.frame({ type: REQUEST.code, payload: payload(set(8, 2)) })],
  ['good requests above the limit', raw => ask(raw, 7n)]
] as Array<[string, (raw: RawPeer) => Uint8Array]>) {
  test(`a stream that only brings ${what} closes with RATE_LIMITED 20 frames above its limit; at a moderate rate each is answered`, async t => {
    const limits = { perPeer: { count: 10, perMs: 1000 }, timeoutMs: 5000 }
    const { p, raw } = await served(t, textProtocol({ limits }))
    const patient = await raw.open()
    for (let i = 0; i < 100; i++) {
      p.time.ms += 100
      patient.write(bad(raw))
      await patient.next()
    }
    assert.equal(patient.stream.status, 'open')
    p.time.ms += 1000
    const flood = await raw.open()
    flood.write(...Array.from({ length: 200 }, () => bad(raw)))
    assert.equal(await flood.closed, 'StreamResetError')
    assert.ok(flood.frames.length <= 5 + 20)
    assert.ok(p.server.count('RATE_LIMITED') >= 1)
    assert.equal([...p.server.kernel.incidents.counts.values()].reduce((sum, count) => sum + count), what.startsWith('good') ? 20 + 1 : 100 + 5 + 20 + 1)
    assert.equal(raw.connection.status, 'open')
  })
}

test('100 parallel streams of one peer: four are served, the others reset, and the peer is still welcome', async t => {
  const { p, raw } = await served(t)
  const streams = await Promise.all(Array.from({ length: 100 }, () => raw.open().catch(() => undefined)))
  const opened = streams.filter(stream => stream !== undefined)
  for (const stream of opened) if (stream.stream.status === 'open') stream.write(ask(raw, 1n))
  const outcomes = await Promise.all(opened.map(stream => stream.next().then(() => 'answered', () => 'reset')))
  assert.ok(outcomes.filter(outcome => outcome === 'answered').length >= 1)
  assert.ok(p.server.service.dump()['inbound'] as number <= 100)
  for (const { stream } of opened) await stream.close()
  await Promise.all(opened.map(({ closed }) => closed))
  assert.equal(p.server.service.dump()['inbound'], 0)
  const again = await raw.open()
  again.write(ask(raw, 2n))
  assert.equal((await again.next()).type, 0x8002)
})

test('a peer without an Ed25519 key is told why and gets no stream: NO_NODE_ID', async t => {
  const { p } = await served(t)
  const other = await p.net.peer('secp256k1')
  const [connection] = p.net.connect(other, p.server.peer)
  const stream = await connection.newStream('/test/echo/1.0.0')
  let told = ''
  stream.addEventListener('message', ({ data }) => { told += Buffer.from(data.subarray()).toString('latin1') })
  await new Promise<void>(resolve => { if (stream.status === 'open') stream.addEventListener('close', () => { resolve() }); else resolve() })
  assert.match(told, /^TOSN.*no Ed25519 key, so it has no TOS node id$/s)
  assert.equal(p.server.count('NO_NODE_ID'), 1)
  await assert.rejects(async () => {
    const handler = p.server.peer.handlers.get('/test/echo/1.0.0')
    other.handlers.set('/test/echo/1.0.0', handler as NonNullable<typeof handler>)
    await p.server.service.request(other.peerId, { text: '' })
  }, { code: 'NO_NODE_ID' })
})

// The client's side: what a server may answer.

interface Answering { p: Pair<Text, Text>, answer: (...frames: Array<(nodeId: Uint8Array) => Uint8Array>) => void }

/** A pair whose server is written by hand: it answers the first request with `frames`. */
async function rawServer (t: TestContext): Promise<Answering> {
  const p = await kernelPair(definition)
  t.after(() => p.stop())
  await p.server.service.stop()
  let frames: Array<(nodeId: Uint8Array) => Uint8Array> = []
  const nodeId = peerIdToNodeId(p.server.peer.peerId)
  p.server.peer.handlers.set('/test/echo/1.0.0', { options: {}, handler: stream => { stream.addEventListener('message', () => { for (const make of frames.splice(0)) stream.send(make(nodeId)) }) } })
  return { p, answer: (...made) => { frames = made } }
}
function reply (parts: Partial<FrameParts>): (nodeId: Uint8Array) => Uint8Array {
  return nodeId => frame({ type: 0x8002, nodeId, ...parts })
}
function response (requestId: bigint): Uint8Array {
  return encodePayload(definition.response.type, { requestId, more: false, body: { text: 'hello' } })
}
const good = reply({ payload: response(1n) })

test('a response nobody asked for is UNREQUESTED, and the real one still counts', async t => {
  const { p, answer } = await rawServer(t)
  answer(reply({ payload: response(99n) }), reply({ payload: response(0n) }), good)
  assert.deepEqual(await p.ask({ text: '' }), { requestId: 1n, more: false, body: { text: 'hello' } }.body)
  assert.equal(p.asker.count('UNREQUESTED'), 2)
})

test('the second answer to one request is UNREQUESTED', async t => {
  const { p, answer } = await rawServer(t)
  answer(good, good)
  await p.ask({ text: '' })
  await p.ask({ text: '' }, { timeoutMs: 5 }).catch(() => {})
  assert.equal(p.asker.count('UNREQUESTED'), 1)
})

const wrongAnswers: Array<[string, (nodeId: Uint8Array) => Uint8Array, TosErrorCode]> = [
  ['trailing bytes', reply({ payload: Buffer.concat([response(1n), Buffer.of(0)]) }), 'TRAILING_BYTES'],
  ['a payload that ends early', reply({ payload: response(1n).subarray(0, -1) }), 'TRUNCATED'],
  ['bad UTF-8', reply({ payload: flip(response(1n), TEXT_AT, 0x80) }), 'INVALID_UTF8']
]
for (const [what, wrong, code] of wrongAnswers) {
  test(`an answer with ${what} fails its request with ${code} at once, and the stream goes on`, async t => {
    const { p, answer } = await rawServer(t)
    answer(wrong)
    await assert.rejects(p.ask({ text: '' }), { code })
    assert.equal(p.asker.count(code), 1)
    answer(reply({ payload: response(2n) }))
    assert.equal((await p.ask({ text: '' })).text, 'hello')
    assert.equal(p.asker.service.dump()['pending'], 0)
  })
}

for (const [what, wrong, code] of [
  ['an answer with the node_id of another', () => frame({ type: 0x8002, nodeId: new Uint8Array(32).fill(1), payload: response(1n) }), 'WRONG_NODE_ID'],
  ['an answer from another hour', reply({ payload: response(1n), timestamp: 1n }), 'CLOCK_SKEW'],
  ['an ERROR from another hour', reply({ type: ERROR.code, payload: encodePayload(ERROR, { requestId: 1n, code: WIRE_CODE.clockSkew, text: '' }), timestamp: 1n }), 'CLOCK_SKEW']
] as Array<[string, (nodeId: Uint8Array) => Uint8Array, TosErrorCode]>) {
  test(`${what} fails its request with ${code} at once instead of a TIMEOUT`, async t => {
    const { p, answer } = await rawServer(t)
    answer(wrong)
    await assert.rejects(p.ask({ text: '' }), { code })
    assert.deepEqual([p.asker.count(code), p.asker.service.dump()['pending']], [1, 0])
  })
}

test('damaged answers count towards the three that close the connection', async t => {
  const { p, answer } = await rawServer(t)
  answer(...[1, 2, 3].map(() => (nodeId: Uint8Array) => flip(good(nodeId), 12)))
  await assert.rejects(p.ask({ text: '' }), { code: 'STREAM_CLOSED' })
  assert.equal(p.asker.count('CORRUPT_MESSAGE'), 3)
  assert.notEqual(p.asker.peer.connections[0]?.status, 'open')
})

test('an answer above its cap closes the stream: counted, the request fails, the next opens another stream', async t => {
  const { p, answer } = await rawServer(t)
  answer(reply({ length: definition.response.type.maxBytes + 1 }))
  await assert.rejects(p.ask({ text: '' }), { code: 'MESSAGE_TOO_LARGE' })
  answer(good)
  assert.equal((await p.ask({ text: '' })).text, 'hello')
  assert.equal(p.asker.peer.connections[0]?.opened.length, 2)
})

const remote: Array<[number, TosErrorCode]> = [
  [0, 'INVALID_MESSAGE'], [1, 'RATE_LIMITED'], [2, 'BUSY'], [3, 'UNAVAILABLE'], [4, 'CLOCK_SKEW'], [5, 'UNKNOWN_TYPE'], [6, 'MESSAGE_TOO_LARGE'], [7, 'NOT_AUTHORISED'], [8, 'REMOTE_ERROR'], [999, 'REMOTE_ERROR']
]
for (const [code, name] of remote) {
  test(`ERROR ${code} fails the request with ${name}`, async t => {
    const { p, answer } = await rawServer(t)
    answer(reply({ type: ERROR.code, payload: encodePayload(ERROR, { requestId: 1n, code, text: 'because' }) }))
    await assert.rejects(p.ask({ text: '' }), (error: { code: string, message: string, details: { remote: boolean, wireCode: number } }) =>
      error.code === name && error.message.includes('because') && error.details.remote && error.details.wireCode === code)
  })
}
