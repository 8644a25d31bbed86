import { test } from 'node:test'
import type { TestContext } from 'node:test'
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { defineProtocol, encodePayload, ERROR, peerIdToNodeId, TosError } from '../../src/protocol/index.ts'
import type { Handler, ProtocolDefinition } from '../../src/protocol/index.ts'
import { blob, struct, u32 } from '../../src/wire/index.ts'
import { frame } from '../support/frames.ts'
import { kernelPair, OPEN_RATE, rawPeer, textProtocol } from '../support/kernel-pair.ts'
import type { Pair, Text } from '../support/kernel-pair.ts'

async function pair<Req, Res> (t: TestContext, definition: ProtocolDefinition<Req, Res>): Promise<Pair<Req, Res>> {
  const made = await kernelPair(definition)
  t.after(() => made.stop())
  return made
}

const fails: Array<[string, Handler<Text, Text>, string, string]> = [
  ['throws', () => { throw new Error('secret path /etc') }, 'REMOTE_ERROR', 'HANDLER_FAILED'],
  ['rejects', async () => { throw new Error('secret') }, 'REMOTE_ERROR', 'HANDLER_FAILED'],
  ['throws a coded error', () => { throw new TosError('BUSY', 'later') }, 'BUSY', 'BUSY'],
  ['rejects with a coded error', async () => { throw new TosError('NOT_AUTHORISED', 'not you') }, 'NOT_AUTHORISED', 'NOT_AUTHORISED'],
  ['returns a value that cannot be sent', () => ({ text: 'a\u0000b' }), 'REMOTE_ERROR', 'HANDLER_FAILED'],
  ['returns nothing the schema knows', () => ({} as Text), 'REMOTE_ERROR', 'HANDLER_FAILED'],
  ['promises a value that cannot be sent', async () => ({ text: 7 } as unknown as Text), 'REMOTE_ERROR', 'HANDLER_FAILED'],
  ['returns too much', () => ({ text: 'x'.repeat(1 << 20) }), 'REMOTE_ERROR', 'HANDLER_FAILED'],
  ['yields nothing', async function * () { /* no value */ }, 'UNAVAILABLE', 'UNAVAILABLE'],
  ['throws before its first value', async function * () { yield * []; throw new Error('secret') }, 'REMOTE_ERROR', 'HANDLER_FAILED']
]

for (const [what, handle, asked, counted] of fails) {
  test(`a handler that ${what}: the asker gets ${asked}, ${counted} is counted here, and the next request works`, async t => {
    let calls = 0
    const p = await pair(t, textProtocol({ handle: (request, context) => calls++ === 0 ? handle(request, context) : { text: 'fine' } }))
    await assert.rejects(p.ask({ text: '' }), (error: { code: string, message: string }) => error.code === asked && !error.message.includes('secret'))
    assert.deepEqual([...p.server.kernel.incidents.counts], [[counted, 1]])
    assert.deepEqual(await p.ask({ text: '' }), { text: 'fine' })
    assert.equal(p.server.service.dump()['running'], 0)
  })
}

test('faults of our own name nobody; what the peer did, and what it answered, names it', async t => {
  const faults: Record<string, Handler<Text, Text>> = {
    throws: () => { throw new Error('bug') }, hangs: () => new Promise(() => {}), busy: () => { throw new TosError('BUSY', 'later') },
    closed: () => { throw new TosError('UNAVAILABLE', 'we stop') }, rude: () => { throw new TosError('INVALID_MESSAGE', 'not so') }
  }
  const p = await pair(t, textProtocol({ limits: { perPeer: OPEN_RATE, timeoutMs: 20 }, handle: (request, context) => (faults[request.text] as Handler<Text, Text>)(request, context) }))
  const found: Array<[string, boolean, boolean]> = []
  p.server.kernel.incidents.listen(({ code, peer, remote }) => { found.push([code, peer !== undefined, remote]) })
  for (const text of Object.keys(faults)) await assert.rejects(p.ask({ text }, { timeoutMs: 5000 }))
  assert.deepEqual(found, [['HANDLER_FAILED', false, false], ['TIMEOUT', false, false], ['BUSY', false, false], ['UNAVAILABLE', false, false], ['INVALID_MESSAGE', true, false]])
})

test('what another peer answered to a handler is not laid at the door of the one who asks', async t => {
  const answered = new TosError('INVALID_MESSAGE', 'the peer answered: no', { details: { remote: true } })
  const p = await pair(t, textProtocol({ handle: () => { throw answered } }))
  const found: unknown[] = []
  p.server.kernel.incidents.listen(({ code, peer, remote, error }) => { found.push([code, peer, remote, error.cause]) })
  await assert.rejects(p.ask({ text: '' }), { code: 'REMOTE_ERROR' })
  assert.deepEqual(found, [['HANDLER_FAILED', undefined, false, answered]])
})

test('an error that a peer answers unasked is told as its answer', async t => {
  const p = await pair(t, textProtocol())
  const found: unknown[] = []
  p.asker.kernel.incidents.listen(({ code, peer, remote }) => { found.push([code, peer, remote]) })
  const nodeId = peerIdToNodeId(p.server.peer.peerId)
  p.server.peer.handlers.set('/test/echo/1.0.0', {
    options: {},
    handler: stream => { stream.send(frame({ type: ERROR.code, nodeId, payload: encodePayload(ERROR, { requestId: 9n, code: 2, text: '' }) })); stream.send(frame({ type: 0x8002, nodeId, payload: encodePayload(p.server.service.definition.response.type, { requestId: 1n, more: false, body: { text: '' } }) })) }
  })
  await p.ask({ text: '' }).catch(() => {})
  assert.deepEqual(found[0], ['BUSY', p.server.peer.peerId.toString(), true])
})

test('a cost function that throws is the handler\'s failure, not the end of the stream', async t => {
  const p = await kernelPair(textProtocol({ cost: () => { throw new Error('bug') } }), { asking: textProtocol() })
  t.after(() => p.stop())
  await assert.rejects(p.ask({ text: '' }), { code: 'REMOTE_ERROR' })
  assert.equal(p.server.count('HANDLER_FAILED'), 1)
})

test('a handler that hangs is told by its signal, answered for, and frees its place', async t => {
  const reasons: unknown[] = []
  const hang: Handler<Text, Text> = (_request, { signal }) => { signal.addEventListener('abort', () => { reasons.push(signal.reason) }); return new Promise(() => {}) }
  const limits = { perPeer: OPEN_RATE, timeoutMs: 20, maxConcurrent: 1 }
  const p = await pair(t, textProtocol({ limits, handle: (request, context) => request.text === 'hang' ? hang(request, context) : { text: 'ok' } }))
  const waits = [1, 2, 3].map(() => assert.rejects(p.ask({ text: 'hang' }, { timeoutMs: 5000 }), { code: 'UNAVAILABLE' }))
  await Promise.all(waits)
  assert.deepEqual(await p.ask({ text: 'next' }), { text: 'ok' })
  assert.equal(p.server.count('TIMEOUT'), 3)
  assert.deepEqual(reasons.map(reason => (reason as TosError).code), ['TIMEOUT', 'TIMEOUT', 'TIMEOUT'])
  assert.equal(p.server.service.dump()['running'], 0)
})

test('what a handler returns after its time is up goes nowhere', async t => {
  const late = Promise.withResolvers<Text>()
  const p = await pair(t, textProtocol({ limits: { perPeer: OPEN_RATE, timeoutMs: 20 }, handle: ({ text }) => text === 'late' ? late.promise : { text } }))
  await assert.rejects(p.ask({ text: 'late' }, { timeoutMs: 5000 }), { code: 'UNAVAILABLE' })
  late.resolve({ text: 'too late' })
  await p.ask({ text: 'next' })
  assert.equal(p.asker.count('UNREQUESTED'), 0)
})

test('at maxConcurrent the stream pauses: what comes next waits below, and all of it is answered', async t => {
  let running = 0
  let most = 0
  const p = await pair(t, textProtocol({
    limits: { perPeer: OPEN_RATE, timeoutMs: 5000, maxConcurrent: 3 },
    async handle ({ text }) {
      most = Math.max(most, ++running)
      await turn()
      running--
      return { text }
    }
  }))
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => p.ask({ text: String(i) })))
  assert.equal(most, 3)
  assert.deepEqual(answers.map(({ text }) => text), Array.from({ length: 60 }, (_, i) => String(i)))
})

test('a stream that closes aborts the handlers under way, and their failure is nobody\'s offence', async t => {
  const aborted = Promise.withResolvers<unknown>()
  const p = await pair(t, textProtocol({
    handle: (_request, { signal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { aborted.resolve(signal.reason); reject(signal.reason as Error) }) })
  }))
  const raw = await rawPeer(p.net, p.server.peer)
  const stream = await raw.open()
  stream.write(raw.message(p.server.service.definition.request.type, { requestId: 1n, more: false, body: { text: '' } }))
  while (p.server.service.dump()['running'] !== 1) await turn()
  stream.stream.abort(new Error('gone'))
  assert.equal((await aborted.promise as TosError).code, 'STREAM_CLOSED')
  await turn()
  assert.deepEqual([...p.server.kernel.incidents.counts], [])
  assert.deepEqual([p.server.service.dump()['running'], p.server.service.dump()['inbound']], [0, 0])
})

// Several responses to one request.

interface Piece { readonly n: number, readonly data: Uint8Array }
const PIECE = 64 * 1024

function pieces (handle: Handler<{ count: number }, Piece>, limits: Partial<Parameters<typeof defineProtocol>[0]['limits']> = {}): ProtocolDefinition<{ count: number }, Piece> {
  return defineProtocol({
    id: '/test/pieces/1.0.0', types: { request: 0x8003, response: 0x8004 }, request: struct({ count: u32 }), response: struct({ n: u32, data: blob(1 << 20) }),
    limits: { perPeer: OPEN_RATE, timeoutMs: 5000, ...limits }, handle
  })
}
async function * count (upTo: number): AsyncGenerator<Piece> {
  for (let n = 1; n <= upTo; n++) yield { n, data: new Uint8Array(PIECE) }
}

test('every value of a generator arrives in order and then the stream ends, on both sides', async t => {
  const p = await pair(t, pieces(({ count: upTo }) => count(upTo)))
  const got: number[] = []
  for await (const { n } of p.asker.service.stream(p.server.peer.peerId, { count: 50 })) got.push(n)
  assert.deepEqual(got, Array.from({ length: 50 }, (_, i) => i + 1))
  while (p.server.service.dump()['inbound'] !== 0) await turn()
  while (p.asker.service.dump()['lanes'] !== 0) await turn()
})

test('a reader that leaves ends the generator', async t => {
  const ended = Promise.withResolvers<void>()
  const p = await pair(t, pieces(async function * () {
    try { yield * count(1e6) } finally { ended.resolve() }
  }))
  for await (const { n } of p.asker.service.stream(p.server.peer.peerId, { count: 0 })) if (n === 3) break
  await ended.promise
  while (p.server.service.dump()['inbound'] !== 0) await turn()
  assert.deepEqual([...p.server.kernel.incidents.counts], [])
})

test('a generator that fails midway: what was ready arrives, then its code', async t => {
  const p = await pair(t, pieces(async function * () { yield * count(3); throw new TosError('UNAVAILABLE', 'pruned') }))
  const got: number[] = []
  await assert.rejects(async () => { for await (const { n } of p.asker.service.stream(p.server.peer.peerId, { count: 0 })) got.push(n) }, { code: 'UNAVAILABLE' })
  assert.deepEqual(got, [1, 2], 'the third was held back to say whether more follow')
})

test('the time-out of a generator counts from its last response, not from the request', async t => {
  const p = await pair(t, pieces(async function * ({ count: upTo }) {
    for (let n = 1; n <= upTo; n++) {
      await new Promise(resolve => { setTimeout(resolve, 15) })
      yield { n, data: new Uint8Array(0) }
    }
  }, { timeoutMs: 400 }))
  let got = 0
  for await (const _piece of p.asker.service.stream(p.server.peer.peerId, { count: 40 })) got++
  assert.equal(got, 40, '600 ms in all')
})

test('responses larger than the write limit together all arrive: each waits for room', async t => {
  const p = await pair(t, pieces(async ({ count: n }) => { await turn(); return { n, data: new Uint8Array(1_000_000) } }))
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => p.ask({ count: n })))
  assert.deepEqual(answers.map(({ n }) => n).toSorted((a, b) => a - b), Array.from({ length: 40 }, (_, n) => n))
  assert.equal(p.server.kernel.incidents.counts.size, 0)
})

test('request() on several responses takes the first and lets the rest go', async t => {
  const p = await pair(t, pieces(({ count: upTo }) => count(upTo)))
  assert.equal((await p.ask({ count: 5 })).n, 1)
  assert.equal((await p.ask({ count: 1 })).n, 1)
  assert.equal(p.asker.service.dump()['pending'], 0)
  assert.equal(p.asker.count('UNREQUESTED'), 0)
})

test('streamed answers: silence is TIMEOUT, an abort ABORTED, and more than four at once BUSY', async t => {
  const p = await pair(t, pieces(() => new Promise<never>(() => {})))
  const ask = (options: { signal?: AbortSignal, timeoutMs?: number }): Promise<unknown> => p.asker.service.stream(p.server.peer.peerId, { count: 0 }, options)[Symbol.asyncIterator]().next()
  await assert.rejects(ask({ timeoutMs: 20 }), { code: 'TIMEOUT' })
  await assert.rejects(ask({ signal: AbortSignal.abort() }), { code: 'ABORTED' })
  const controller = new AbortController()
  const held = Array.from({ length: 4 }, () => assert.rejects(ask({ signal: controller.signal }), { code: 'ABORTED' }))
  while (p.server.service.dump()['running'] !== 4) await turn()
  await assert.rejects(ask({}), { code: 'BUSY' })
  controller.abort()
  await Promise.all(held)
  while (p.asker.service.dump()['lanes'] !== 0) await turn()
})
