import { test } from 'node:test'
import type { TestContext } from 'node:test'
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { createKernel, defineMessage, defineStream } from '../../src/protocol/index.ts'
import type { Carriers, Kernel, StreamSender, StreamService } from '../../src/protocol/index.ts'
import { blob, struct, u32 } from '../../src/wire/index.ts'
import { NOW_MS } from '../support/frames.ts'
import { createKernelNet } from '../support/kernel-net.ts'
import type { FakeConnection } from '../support/kernel-net.ts'
import { kernelPair, OPEN_RATE, textProtocol } from '../support/kernel-pair.ts'
import type { Pair, Text } from '../support/kernel-pair.ts'
import { agingCarriers } from '../support/sessions.ts'

/** A handler that answers when told to. */
function manual (): { calls: Array<{ text: string, answer: () => void }>, handle: (request: Text) => Promise<Text> } {
  const calls: Array<{ text: string, answer: () => void }> = []
  return { calls, handle: ({ text }) => new Promise(resolve => { calls.push({ text, answer: () => { resolve({ text }) } }) }) }
}

async function aging (t: TestContext, ...definitions: [Parameters<typeof textProtocol>[0]?, Parameters<typeof textProtocol>[0]?]): Promise<{ p: Pair<Text, Text>, age: () => void, states: () => string[] }> {
  const { carriers, age } = agingCarriers()
  const [serving, asking] = definitions.map(textProtocol)
  const p = await kernelPair(serving ?? textProtocol(), { ...(asking === undefined ? {} : { asking }), options: { carriers } })
  t.after(() => p.stop())
  return { p, age, states: () => (p.asker.peer.connections[0] as FakeConnection).opened.map(({ status }) => status) }
}

test('keys grow old with requests in flight: none is lost, one new stream is opened, the old one ends by itself', async t => {
  const { calls, handle } = manual()
  const { p, age, states } = await aging(t, { handle })
  const numbers = Array.from({ length: 30 }, (_, i) => String(i))
  const early = numbers.map(text => p.ask({ text }))
  while (calls.length < 30) await turn()
  age()
  const late = numbers.map(text => p.ask({ text }))
  while (calls.length < 60) await turn()
  assert.deepEqual(states(), ['open', 'open'])
  for (const { answer } of calls) answer()
  assert.deepEqual((await Promise.all([...early, ...late])).map(({ text }) => text), [...numbers, ...numbers])
  while (states()[0] !== 'closed') await turn()
  assert.deepEqual([p.asker.service.dump()['lanes'], p.server.service.dump()['inbound']], [1, 1])
  assert.deepEqual([...p.asker.kernel.incidents.counts, ...p.server.kernel.incidents.counts], [])
})

test('an old stream waits for its last answer, and no longer than that is given up', async t => {
  const { calls, handle } = manual()
  const { p, age, states } = await aging(t, { handle })
  const controller = new AbortController()
  const left = assert.rejects(p.ask({ text: 'old' }, { signal: controller.signal }), { code: 'ABORTED' })
  while (calls.length < 1) await turn()
  age()
  const next = p.ask({ text: 'new' })
  while (calls.length < 2) await turn()
  calls[1]?.answer()
  await next
  assert.deepEqual(states(), ['open', 'open'])
  controller.abort()
  await left
  calls[0]?.answer()
  while (states()[0] !== 'closed') await turn()
  assert.equal(p.asker.count('UNREQUESTED'), 0)
})

test('requests that wait for their budget with an old stream in hand are sent on the new one', async t => {
  const { p, age, states } = await aging(t, {}, { limits: { perPeer: { count: 10, perMs: 1000 }, timeoutMs: 5000 } })
  const early = Array.from({ length: 6 }, (_, i) => p.ask({ text: String(i) }))
  while (p.asker.service.dump()['lanes'] !== 1) await turn()
  await Promise.race(early)
  age()
  const late = p.ask({ text: 'late' })
  assert.deepEqual((await Promise.all(early)).map(({ text }) => text), ['0', '1', '2', '3', '4', '5'])
  await late
  while (states()[0] !== 'closed') await turn()
  assert.deepEqual(states(), ['closed', 'open'])
})

test('a streamed answer runs to its end on the stream it began on', async t => {
  const gate = Promise.withResolvers<void>()
  const { p, age, states } = await aging(t, {
    async * handle () {
      yield { text: '1' }
      yield { text: '2' }
      await gate.promise
      yield { text: '3' }
    }
  })
  const answers = p.asker.service.stream(p.server.peer.peerId, { text: '' })[Symbol.asyncIterator]()
  assert.deepEqual((await answers.next()).value, { text: '1' })
  age()
  gate.resolve()
  assert.deepEqual([(await answers.next()).value, (await answers.next()).value, (await answers.next()).done], [{ text: '2' }, { text: '3' }, true])
  while (states()[0] !== 'closed') await turn()
  assert.equal(states().length, 1)
})

/** Lets the kernels' one-second timers fire once. */
const tick = (t: TestContext): void => { t.mock.timers.tick(1000) }

test('an old stream that nobody uses ends within a second, and the next request opens another', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { p, age, states } = await aging(t)
  await p.ask({ text: 'a' })
  tick(t)
  for (let i = 0; i < 5; i++) await turn()
  assert.deepEqual(states(), ['open'])
  age()
  tick(t)
  while (states()[0] !== 'closed') await turn()
  await p.ask({ text: 'b' })
  assert.deepEqual(states(), ['closed', 'open'])
})

const CHUNK = defineMessage({ name: 'CHUNK', code: 0x9001, schema: struct({ n: u32, data: blob(1 << 17) }) })
interface Chunk { readonly n: number, readonly data: Uint8Array }
interface Flow { readonly out: StreamSender<Chunk>, readonly sending: StreamService<Chunk>, readonly kernel: Kernel, readonly seen: number[], readonly connection: FakeConnection, age: () => void, send: (n: number, bytes?: number) => void, states: () => string[] }

async function flow (t: TestContext, change: (carriers: Carriers) => Carriers = carriers => carriers): Promise<Flow> {
  const net = createKernelNet()
  const seen: number[] = []
  const { carriers, age } = agingCarriers()
  const definition = defineStream<Chunk>({ id: '/test/chunks/1.0.0', messages: [CHUNK], limits: { perPeer: OPEN_RATE, openTimeoutMs: 2000 }, handle: async ({ value }) => { await turn(); seen.push(value.n) } })
  const [server, sender] = [await net.peer(), await net.peer()]
  const kernel = createKernel({ network: 'devnet', now: () => NOW_MS, carriers: change(carriers) })
  const received = createKernel({ network: 'devnet', now: () => NOW_MS, carriers }).mountStream(definition)(server.components)
  const sending = kernel.mountStream(definition)(sender.components)
  await received.start()
  await sending.start()
  t.after(async () => { await received.stop(); await sending.stop(); net.close() })
  const out = await sending.open(server.peerId)
  const connection = sender.connections[0] as FakeConnection
  return { out, sending, kernel, seen, connection, age, send: (n, bytes = 10) => { out.send(CHUNK, { n, data: new Uint8Array(bytes) }) }, states: () => connection.opened.map(({ status }) => status) }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('a sender whose stream grows old goes on with another: nothing is lost, one new stream is opened, the old one ends by itself', async t => {
  const { send, seen, age, states, sending, out, kernel } = await flow(t)
  // more than the other side reads at once, so that the old stream has a queue to send when it is retired
  for (const n of upTo(20)) send(n, 1 << 17)
  age()
  for (const n of upTo(20)) send(20 + n)
  await out.drained()
  send(40)
  while (seen.length < 41) await turn()
  assert.deepEqual(seen.toSorted((a, b) => a - b), upTo(41))
  assert.deepEqual(seen.filter(n => n >= 20), upTo(41).slice(20), 'in order on the new stream')
  while (states()[0] !== 'closed') await turn()
  assert.deepEqual(states(), ['closed', 'open'])
  await out.close()
  assert.equal(sending.dump()['streams'], 0)
  assert.deepEqual([...kernel.incidents.counts], [])
})

test('close while a stream is being replaced sends what was taken first', async t => {
  const { send, seen, age, out } = await flow(t)
  send(0)
  age()
  send(1)
  send(2)
  const closed = out.close()
  assert.throws(() => { send(3) }, { code: 'STREAM_CLOSED' })
  await closed
  assert.deepEqual(seen, upTo(3))
})

test('an idle sender\'s old stream ends within a second; the next message opens another', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { send, seen, age, out, states } = await flow(t)
  send(0)
  while (seen.length < 1) await turn()
  age()
  tick(t)
  while (states()[0] !== 'closed') await turn()
  assert.equal(states().length, 1)
  await out.drained()
  send(1)
  while (seen.length < 2) await turn()
  assert.deepEqual(states(), ['closed', 'open'])
})

test('a stream that cannot be replaced is one incident; every later send says why, drained too', async t => {
  const { send, age, out, connection, kernel, sending } = await flow(t)
  send(0)
  connection.beforeStream = async () => { throw new Error('no more streams') }
  age()
  send(1)
  await assert.rejects(out.drained(), { code: 'PEER_UNREACHABLE' })
  assert.throws(() => { send(2) }, { code: 'PEER_UNREACHABLE' })
  await out.close()
  assert.deepEqual([...kernel.incidents.counts], [['PEER_UNREACHABLE', 1]])
  while (sending.dump()['streams'] !== 0) await turn()
})

test('an old stream on a lost connection is STREAM_CLOSED at once, and stop during a replacement is no incident', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lost = await flow(t)
  lost.send(0)
  while (lost.seen.length < 1) await turn()
  lost.age()
  tick(t)
  lost.connection.abort(new Error('gone'))
  assert.throws(() => { lost.send(1) }, { code: 'STREAM_CLOSED' })
  const stopped = await flow(t)
  stopped.connection.beforeStream = signal => new Promise((_resolve, reject) => { signal?.addEventListener('abort', () => { reject(signal.reason as Error) }) })
  stopped.age()
  stopped.send(0)
  await stopped.sending.stop()
  await assert.rejects(stopped.out.drained(), { code: 'ABORTED' })
  assert.deepEqual([...stopped.kernel.incidents.counts], [])
})
