import { test } from 'node:test'
import type { TestContext } from 'node:test'
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { multiaddr } from '@multiformats/multiaddr'
import { setImmediate as turn } from 'node:timers/promises'
import type { ProtocolDefinition } from '../../src/protocol/index.ts'
import { kernelPair, OPEN_RATE, textProtocol } from '../support/kernel-pair.ts'
import type { Pair } from '../support/kernel-pair.ts'

async function pair<Req, Res> (t: TestContext, definition: ProtocolDefinition<Req, Res>, options: Parameters<typeof kernelPair<Req, Res>>[1] = {}): Promise<Pair<Req, Res>> {
  const made = await kernelPair(definition, options)
  t.after(() => made.stop())
  return made
}

/** A handler that answers when told to. */
function manual (): { calls: Array<{ text: string, answer: () => void }>, handle: (request: { text: string }) => Promise<{ text: string }>, called: (count: number) => Promise<void> } {
  const calls: Array<{ text: string, answer: () => void }> = []
  return {
    calls,
    handle: ({ text }) => new Promise(resolve => { calls.push({ text, answer: () => { resolve({ text }) } }) }),
    async called (count) { while (calls.length < count) await turn() }
  }
}

const silent = textProtocol({ handle: () => undefined })

/** Every table of both sides but the limiters, which outlive connections on purpose. */
function held ({ asker, server }: { asker: Dumped, server: Dumped }): Record<string, number> {
  const sizes = [...Object.entries(asker.service.dump()), ...Object.entries(server.service.dump()).map(([name, size]) => [`server.${name}`, size] as const)]
  return Object.fromEntries(sizes.filter(([name]) => !/limiters|budgets|unasked/.test(name)))
}
interface Dumped { readonly service: { dump (): Record<string, number> } }

test('a request gets its response', async t => {
  const p = await pair(t, textProtocol())
  assert.deepEqual(await p.ask({ text: 'hello' }), { text: 'hello' })
})

test('1,000 requests at once share one stream and each gets its own answer, in whatever order they come', async t => {
  const { calls, handle, called } = manual()
  const p = await pair(t, textProtocol({ handle, limits: { perPeer: OPEN_RATE, timeoutMs: 5000, maxConcurrent: 1000 } }))
  const answers = Array.from({ length: 1000 }, (_, i) => p.ask({ text: `question ${i}` }))
  await called(1000)
  // a fixed shuffle: 7919 is prime to 1000
  for (let i = 0; i < 1000; i++) calls[i * 7919 % 1000]?.answer()
  assert.deepEqual(await Promise.all(answers), Array.from({ length: 1000 }, (_, i) => ({ text: `question ${i}` })))
  assert.equal(p.asker.peer.connections[0]?.opened.length, 1)
})

test('an address and a peer id lead to the same stream', async t => {
  const p = await pair(t, textProtocol())
  const address = multiaddr('/ip4/127.0.0.1/tcp/4001')
  p.net.listen(address.toString(), p.server.peer)
  for (let i = 0; i < 8; i++) {
    await p.asker.service.request(address, { text: 'by address' })
    await p.ask({ text: 'by id' })
  }
  await Promise.all([p.asker.service.request(address, { text: 'a' }), p.ask({ text: 'b' })])
  assert.equal(p.asker.peer.connections[0]?.opened.length, 1)
  assert.equal(p.asker.service.dump()['lanes'], 1)
})

test('one caller\'s abort leaves the others who wait for the same stream alone', async t => {
  const p = await pair(t, textProtocol())
  const [connection] = p.net.connect(p.asker.peer, p.server.peer)
  const gate = Promise.withResolvers<void>()
  connection.beforeStream = () => gate.promise
  const first = new AbortController()
  const aborted = assert.rejects(p.ask({ text: 'a' }, { signal: first.signal }), { code: 'ABORTED' })
  const timedOut = assert.rejects(p.ask({ text: 'b' }, { timeoutMs: 5 }), { code: 'TIMEOUT' })
  const patient = p.ask({ text: 'c' })
  await turn()
  first.abort()
  await aborted
  await timedOut
  gate.resolve()
  assert.deepEqual(await patient, { text: 'c' })
})

test('when the last caller leaves, the opening is cancelled, and the next one starts afresh', async t => {
  const p = await pair(t, textProtocol())
  const [connection] = p.net.connect(p.asker.peer, p.server.peer)
  const opening = Promise.withResolvers<AbortSignal>()
  connection.beforeStream = signal => { opening.resolve(signal as AbortSignal); return new Promise(() => {}) }
  const controller = new AbortController()
  const both = ['a', 'b'].map(text => assert.rejects(p.ask({ text }, { signal: controller.signal }), { code: 'ABORTED' }))
  const seen = await opening.promise
  assert.ok(!seen.aborted)
  controller.abort()
  await Promise.all(both)
  assert.ok(seen.aborted)
  assert.equal(p.asker.service.dump()['opening'], 0)
  connection.beforeStream = async () => {}
  assert.deepEqual(await p.ask({ text: 'c' }), { text: 'c' })
})

test('no answer in time is TIMEOUT, and a late answer is no offence', async t => {
  const { calls, handle, called } = manual()
  const p = await pair(t, textProtocol({ handle }))
  await assert.rejects(p.ask({ text: 'a' }, { timeoutMs: 5 }), { code: 'TIMEOUT' })
  await called(1)
  calls[0]?.answer()
  const next = p.ask({ text: 'b' })
  await called(2)
  calls[1]?.answer()
  await next
  assert.equal(p.asker.count('UNREQUESTED'), 0)
  assert.equal(p.asker.service.dump()['pending'], 0)
})

test('a signal aborts before, while and after; always ABORTED', async t => {
  const { handle, called } = manual()
  const p = await pair(t, textProtocol({ handle }))
  await assert.rejects(p.ask({ text: 'a' }, { signal: AbortSignal.abort() }), { code: 'ABORTED', name: 'TosError' })
  const controller = new AbortController()
  const wait = p.ask({ text: 'b' }, { signal: controller.signal })
  await called(1)
  controller.abort()
  await assert.rejects(wait, { code: 'ABORTED' })
})

test('10,000 requests with one signal leave no listener on it', async t => {
  const p = await pair(t, textProtocol())
  const controller = new AbortController()
  for (let round = 0; round < 100; round++) {
    await Promise.all(Array.from({ length: 100 }, () => p.ask({ text: '' }, { signal: controller.signal })))
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  }
})

test('above maxPending requests fail with BUSY at once; the pending ones do not suffer', async t => {
  const { calls, handle, called } = manual()
  const p = await pair(t, textProtocol({ handle, limits: { perPeer: OPEN_RATE, timeoutMs: 5000, maxPending: 4 } }))
  const first = p.ask({ text: '0' })
  await called(1)
  const more = [1, 2, 3].map(i => p.ask({ text: String(i) }))
  await assert.rejects(p.ask({ text: 'too many' }), { code: 'BUSY' })
  await called(4)
  for (const { answer } of calls) answer()
  assert.deepEqual((await Promise.all([first, ...more])).map(({ text }) => text), ['0', '1', '2', '3'])
})

test('a request refused with BUSY spends nothing of the budget', async t => {
  const { calls, handle, called } = manual()
  // four may leave at once, the fifth only after a day
  const p = await pair(t, textProtocol({ handle, limits: { perPeer: { count: 10, perMs: 1e9 }, timeoutMs: 5000, maxPending: 2 } }))
  const first = p.ask({ text: '0' })
  await called(1)
  const second = p.ask({ text: '1' })
  for (let i = 0; i < 5; i++) await assert.rejects(p.ask({ text: 'too many' }), { code: 'BUSY' })
  await called(2)
  for (const { answer } of calls.splice(0)) answer()
  await Promise.all([first, second])
  const third = p.ask({ text: '2' })
  await called(1)
  calls[0]?.answer()
  assert.equal((await third).text, '2')
})

test('a request that cannot be encoded fails with the wire\'s code and sends nothing', async t => {
  const p = await pair(t, textProtocol())
  await p.ask({ text: 'warm' })
  await assert.rejects(p.ask({ text: 'a\u0000b' }), { code: 'INVALID_UTF8' })
  await assert.rejects(p.ask({ text: 7 } as never), { code: 'INVALID_VALUE' })
  await assert.rejects(p.ask({ text: 'x'.repeat(1 << 20) }), { code: 'MESSAGE_TOO_LARGE' })
  assert.deepEqual(await p.ask({ text: 'good' }), { text: 'good' })
  assert.equal(p.server.kernel.incidents.counts.size, 0)
})

test('who cannot be reached is PEER_UNREACHABLE, who does not speak it PROTOCOL_UNSUPPORTED', async t => {
  const p = await pair(t, textProtocol())
  const mute = await p.net.peer()
  await assert.rejects(p.asker.service.request(mute.peerId, { text: '' }), { code: 'PROTOCOL_UNSUPPORTED' })
  await assert.rejects(p.asker.service.request(multiaddr('/ip4/127.0.0.1/tcp/9'), { text: '' }), { code: 'PEER_UNREACHABLE' })
})

test('a stream that the server closes fails what is pending, and the next request opens another', async t => {
  const { calls, handle, called } = manual()
  const p = await pair(t, textProtocol({ handle }))
  const wait = p.ask({ text: 'a' })
  await called(1)
  p.asker.peer.connections[0]?.opened[0]?.abort(new Error('gone'))
  await assert.rejects(wait, { code: 'STREAM_CLOSED' })
  const again = p.ask({ text: 'b' })
  await called(2)
  calls[1]?.answer()
  assert.deepEqual(await again, { text: 'b' })
  assert.equal(p.asker.service.dump()['lanes'], 1)
})

test('our own limit delays instead of being refused by the peer', async t => {
  const limits = { perPeer: { count: 100, perMs: 2000 }, timeoutMs: 5000 }
  const p = await pair(t, textProtocol({ limits }), { options: { clock: () => performance.now() } })
  const started = performance.now()
  await Promise.all(Array.from({ length: 50 }, () => p.ask({ text: '' })))
  assert.ok(performance.now() - started >= 190, '40 at once and 10 at 20 ms each')
  assert.equal(p.server.count('RATE_LIMITED'), 0)
})

test('a delay beyond the time-out fails at once with RATE_LIMITED and says when to come back', async t => {
  const limits = { perPeer: { count: 2, perMs: 60_000 }, timeoutMs: 1000 }
  const p = await pair(t, textProtocol({ limits }))
  await p.ask({ text: '' })
  await assert.rejects(p.ask({ text: '' }), (error: { code: string, details: { retryAfterMs: number } }) => error.code === 'RATE_LIMITED' && error.details.retryAfterMs === 30_000)
  assert.equal(p.server.count('RATE_LIMITED'), 0)
  p.time.ms += 30_000
  assert.deepEqual(await p.ask({ text: 'later' }), { text: 'later' })
})

test('notify needs no answer and keeps to the limit too', async t => {
  const seen: string[] = []
  const limits = { perPeer: { count: 4, perMs: 60_000 }, timeoutMs: 100 }
  const p = await pair(t, textProtocol({ limits, handle: ({ text }) => { seen.push(text); return undefined } }))
  await p.asker.service.notify(p.server.peer.peerId, { text: 'news' })
  while (seen.length === 0) await turn()
  assert.deepEqual(seen, ['news'])
  await assert.rejects(p.asker.service.notify(p.server.peer.peerId, { text: 'more' }), { code: 'RATE_LIMITED' })
})

test('stop rejects what is under way and leaves every table empty on both sides', async t => {
  const p = await pair(t, silent)
  const { signal } = new AbortController()
  const waits = Array.from({ length: 20 }, (_, i) => p.ask({ text: String(i) }, { signal }))
  const outcomes = Promise.allSettled(waits)
  while (p.asker.service.dump()['pending'] !== 20) await turn()
  const streamed = p.asker.service.stream(p.server.peer.peerId, { text: 's' })[Symbol.asyncIterator]().next()
  const streamedOutcome = assert.rejects(streamed, { code: 'STREAM_CLOSED' })
  while (p.asker.service.dump()['lanes'] !== 2) await turn()
  await p.asker.service.stop()
  await p.server.service.stop()
  assert.deepEqual([...new Set((await outcomes).map(outcome => outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'answered'))], ['STREAM_CLOSED'])
  await streamedOutcome
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  for (const [name, size] of Object.entries(held(p))) assert.equal(size, 0, name)
  await assert.rejects(p.ask({ text: 'late' }), { code: 'NOT_STARTED' })
})

test('stop while a stream is being opened rejects its callers and keeps no lane that opens later', async t => {
  const p = await pair(t, textProtocol())
  const [connection] = p.net.connect(p.asker.peer, p.server.peer)
  const gate = Promise.withResolvers<void>()
  connection.beforeStream = () => gate.promise
  const wait = p.ask({ text: 'a' })
  while (p.asker.service.dump()['opening'] !== 1) await turn()
  const stopped = assert.rejects(wait, { code: 'ABORTED' })
  await p.asker.service.stop()
  await stopped
  gate.resolve()
  for (let i = 0; i < 10; i++) await turn()
  assert.equal(connection.opened.filter(({ status }) => status === 'open').length, 0)
  for (const [name, size] of Object.entries(held(p))) assert.equal(size, 0, name)
})

test('a stopped service starts again', async t => {
  const p = await pair(t, textProtocol())
  await p.ask({ text: 'a' })
  await p.asker.service.stop()
  await p.asker.service.stop()
  await p.asker.service.start()
  assert.deepEqual(await p.ask({ text: 'b' }), { text: 'b' })
})
