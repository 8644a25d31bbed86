import { test } from 'node:test'
import type { TestContext } from 'node:test'
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { createKernel, defineMessage, defineStream } from '../../src/protocol/index.ts'
import type { Kernel, StreamDefinition, StreamService } from '../../src/protocol/index.ts'
import { string, struct, u64 } from '../../src/wire/index.ts'
import { NOW_MS } from '../support/frames.ts'
import { createKernelNet } from '../support/kernel-net.ts'
import type { FakePeer, KernelNet } from '../support/kernel-net.ts'
import { OPEN_RATE, rawPeer } from '../support/kernel-pair.ts'

interface Note { readonly text: string }
const NOTE = defineMessage({ name: 'NOTE', code: 0x9001, schema: struct({ text: string(64) }) })
const COUNT = defineMessage({ name: 'COUNT', code: 0x9002, schema: struct({ n: u64 }) })
const ID = '/test/notes/1.0.0'

function notes (handle: NonNullable<StreamDefinition<Note>['handle']>, perPeer = OPEN_RATE): StreamDefinition<Note> {
  return defineStream<Note>({ id: ID, messages: [NOTE], limits: { perPeer, openTimeoutMs: 1000 }, handle })
}

interface Sides { net: KernelNet, time: { ms: number }, server: FakePeer, kernel: Kernel, received: StreamService<Note>, sending: StreamService<Note>, asker: FakePeer }

async function sides (t: TestContext, definition: StreamDefinition<Note>): Promise<Sides> {
  const net = createKernelNet()
  const time = { ms: 0 }
  const mount = async (): Promise<{ peer: FakePeer, kernel: Kernel, service: StreamService<Note> }> => {
    const peer = await net.peer()
    const kernel = createKernel({ network: 'devnet', clock: () => time.ms, now: () => NOW_MS })
    const service = kernel.mountStream(definition)(peer.components)
    await service.start()
    return { peer, kernel, service }
  }
  const [server, asker] = [await mount(), await mount()]
  t.after(async () => { await server.service.stop(); await asker.service.stop(); net.close() })
  return { net, time, server: server.peer, kernel: server.kernel, received: server.service, sending: asker.service, asker: asker.peer }
}

test('messages arrive typed, in order, with the sender\'s name; the stream ends when the sender closes it', async t => {
  const seen: string[] = []
  const s = await sides(t, notes(({ type, value }, { peer }) => { seen.push(`${type.name} ${value.text} ${peer.equals(s.asker.peerId)}`) }))
  const sender = await s.sending.open(s.server.peerId)
  for (const text of ['a', 'b', 'c']) sender.send(NOTE, { text })
  sender.close()
  while (s.received.dump()['streams'] !== 0 || seen.length < 3) await turn()
  assert.deepEqual(seen, ['NOTE a true', 'NOTE b true', 'NOTE c true'])
  while (s.sending.dump()['streams'] !== 0) await turn()
  assert.throws(() => { sender.send(NOTE, { text: 'd' }) }, { code: 'STREAM_CLOSED' })
})

test('a promise from the handler holds the next message back until it settles', async t => {
  let running = 0
  let most = 0
  const seen: string[] = []
  const s = await sides(t, notes(async ({ value }) => {
    most = Math.max(most, ++running)
    await turn()
    running--
    seen.push(value.text)
  }))
  const sender = await s.sending.open(s.server.peerId)
  for (let i = 0; i < 20; i++) sender.send(NOTE, { text: String(i) })
  while (seen.length < 20) await turn()
  assert.equal(most, 1)
  assert.deepEqual(seen, Array.from({ length: 20 }, (_, i) => String(i)))
})

test('a handler that throws or rejects is counted and the stream goes on', async t => {
  const seen: string[] = []
  const s = await sides(t, notes(({ value: { text } }) => {
    if (text === 'throw') throw new Error('bug')
    if (text === 'reject') return Promise.reject(new Error('bug'))
    seen.push(text)
  }))
  const sender = await s.sending.open(s.server.peerId)
  for (const text of ['throw', 'reject', 'good']) sender.send(NOTE, { text })
  while (seen.length < 1) await turn()
  assert.equal(s.kernel.incidents.counts.get('HANDLER_FAILED'), 2)
})

test('messages that break a rule are dropped, counted, and the next good one arrives', async t => {
  const seen: string[] = []
  const s = await sides(t, notes(({ value }) => { seen.push(value.text) }))
  const raw = await rawPeer(s.net, s.server, ID)
  const stream = await raw.open()
  stream.write(raw.frame({ type: 0x9001, payload: Uint8Array.of(1) }), raw.message(COUNT, { n: 1n }), raw.frame({ type: 0x9001, timestamp: 0n }), raw.message(NOTE, { text: 'good' }))
  while (seen.length < 1) await turn()
  assert.deepEqual(Object.fromEntries(s.kernel.incidents.counts), { MESSAGE_TOO_SMALL: 1, UNKNOWN_TYPE: 1, CLOCK_SKEW: 1 })
})

test('the receiver drops what is above the limit, the sender refuses to send it', async t => {
  const seen: string[] = []
  const s = await sides(t, notes(({ value }) => { seen.push(value.text) }, { count: 10, perMs: 1000 }))
  const raw = await rawPeer(s.net, s.server, ID)
  const stream = await raw.open()
  stream.write(...Array.from({ length: 8 }, (_, i) => raw.message(NOTE, { text: `raw ${i}` })))
  while (s.kernel.incidents.counts.get('RATE_LIMITED') !== 3) await turn()
  assert.equal(seen.length, 5)
  const sender = await s.sending.open(s.server.peerId)
  let sent = 0
  assert.throws(() => { for (;;) { sender.send(NOTE, { text: 'x' }); sent++ } }, { code: 'RATE_LIMITED' })
  assert.equal(sent, 4)
  s.time.ms += 100
  sender.send(NOTE, { text: 'later' })
})

test('the one who opened a stream takes no messages on it', async t => {
  const seen: string[] = []
  const s = await sides(t, notes(({ value }) => { seen.push(value.text) }))
  const raw = await rawPeer(s.net, s.server, ID)
  raw.peer.handlers.set(ID, { options: {}, handler: stream => { stream.send(raw.message(NOTE, { text: 'back' })) } })
  const closed = Promise.withResolvers<void>()
  s.kernel.incidents.listen(({ code }) => { if (code === 'INVALID_MESSAGE') closed.resolve() })
  await s.received.open(raw.peer.peerId)
  await closed.promise
  assert.deepEqual(seen, [])
})

test('stop closes every stream; open then fails with NOT_STARTED; start works again', async t => {
  const s = await sides(t, notes(() => {}))
  const sender = await s.sending.open(s.server.peerId)
  sender.send(NOTE, { text: 'a' })
  while (s.received.dump()['streams'] !== 1) await turn()
  await s.received.stop()
  await s.sending.stop()
  await s.sending.stop()
  assert.deepEqual([s.received.dump()['streams'], s.sending.dump()['streams']], [0, 0])
  assert.throws(() => { sender.send(NOTE, { text: 'b' }) }, { code: 'STREAM_CLOSED' })
  await assert.rejects(s.sending.open(s.server.peerId), { code: 'NOT_STARTED' })
  await s.sending.start()
  await assert.rejects(s.sending.open(s.server.peerId), { code: 'PROTOCOL_UNSUPPORTED' })
})
