import { test } from 'node:test'
import type { TestContext } from 'node:test'
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { PeerId } from '@libp2p/interface'
import { createKernel, decodePayload, defineMessage, defineStream, TosError } from '../../src/protocol/index.ts'
import type { Kernel, StreamService } from '../../src/protocol/index.ts'
import { string, struct } from '../../src/wire/index.ts'
import { NOW_MS } from '../support/frames.ts'
import { createKernelNet } from '../support/kernel-net.ts'
import type { FakePeer, KernelNet } from '../support/kernel-net.ts'
import { kernelPair, OPEN_RATE, rawPeer, textProtocol } from '../support/kernel-pair.ts'
import type { Pair, RawPeer, Text } from '../support/kernel-pair.ts'
import type { RawStream } from '../support/raw-stream.ts'
import { lateCarriers } from '../support/sessions.ts'
import type { Asking } from '../support/sessions.ts'

const definition = textProtocol()
const { request, response } = definition

interface Late { readonly p: Pair<Text, Text>, readonly asking: Asking[], readonly raw: RawPeer, ask: (id: bigint) => Uint8Array, asked: (count: number) => Promise<void>, waiting: () => number | undefined }

/** A pair in which one side waits for the sessions of its streams; `raw` speaks to the server by hand. */
async function late (t: TestContext, side: 'server' | 'asker'): Promise<Late> {
  const who: { peer?: PeerId } = {}
  const { carriers, asking } = lateCarriers(local => who.peer?.equals(local) === true)
  const p = await kernelPair(definition, { options: { carriers } })
  t.after(() => p.stop())
  who.peer = p[side].peer.peerId
  const raw = await rawPeer(p.net, p.server.peer)
  return {
    p, asking, raw,
    ask: id => raw.message(request.type, { requestId: id, more: false, body: { text: `question ${id}` } }),
    asked: async count => { while (asking.length < count) await turn() },
    waiting: () => p.server.service.dump()['waiting']
  }
}

test('frames that arrive before the session stands are kept and answered in order once it does', async t => {
  const { raw, asking, ask, asked, waiting } = await late(t, 'server')
  const stream = await raw.open()
  await asked(1)
  const bytes = Buffer.concat([1n, 2n, 3n].map(ask))
  for (let at = 0; at < bytes.length; at += 50) { stream.write(bytes.subarray(at, at + 50)); await turn() }
  assert.equal(waiting(), 1)
  assert.equal(stream.frames.length, 0)
  asking[0]?.give()
  for (const id of [1n, 2n, 3n]) assert.equal((decodePayload(response.type, (await stream.next()).payload) as { requestId: bigint }).requestId, id)
  assert.equal(waiting(), 0)
  stream.write(ask(4n))
  await stream.next()
})

test('while a stream waits it is paused, so the muxer\'s window bounds what is kept', async t => {
  const { raw, asking, asked } = await late(t, 'server')
  await raw.open()
  await asked(1)
  const status = (): string | undefined => asking[0]?.stream.readStatus
  assert.equal(status(), 'paused')
  asking[0]?.give()
  while (status() !== 'readable') await turn()
})

test('a one-shot stream that ended while it waited is answered and ends cleanly', async t => {
  const { p, raw, asking, ask, asked } = await late(t, 'server')
  const stream = await raw.open()
  stream.write(ask(1n))
  await stream.stream.close()
  await asked(1)
  while (asking[0]?.stream.remoteWriteStatus !== 'closed') await turn()
  asking[0].give()
  assert.equal((await stream.next()).type, response.type.code)
  assert.equal(await stream.closed, undefined)
  assert.deepEqual([...p.server.kernel.incidents.counts], [])
})

test('a session that never comes ends the stream and is one incident with its code and the peer\'s name', async t => {
  const { p, raw, asking, ask, asked, waiting } = await late(t, 'server')
  const stream = await raw.open()
  stream.write(ask(1n))
  await asked(1)
  const found: unknown[] = []
  p.server.kernel.incidents.listen(({ code, peer }) => { found.push([code, peer]) })
  asking[0]?.refuse(new TosError('HANDSHAKE_TIMEOUT', 'no M3'))
  assert.equal(await stream.closed, 'StreamResetError')
  assert.deepEqual(found, [['HANDSHAKE_TIMEOUT', raw.peer.peerId.toString()]])
  assert.deepEqual([waiting(), p.server.service.dump()['inbound']], [0, 0])
})

for (const [what, end] of [
  ['reset by its opener', ({ raw }: Late, stream: { abort (error: Error): void }) => { stream.abort(new Error('gone')); return raw }],
  ['lost with its connection', ({ raw }: Late) => { raw.connection.abort(new Error('gone')); return raw }]
] as const) {
  test(`a waiting stream that is ${what} is let go at once, is no incident, and its session may come or fail later`, async t => {
    const l = await late(t, 'server')
    const streams = [await l.raw.open(), await l.raw.open()]
    await l.asked(2)
    const listeners = getEventListeners(l.asking[0]?.stream as unknown as EventTarget, 'close').length
    for (const { stream } of streams) end(l, stream)
    while (l.waiting() !== 0) await turn()
    assert.equal(l.p.server.service.dump()['inbound'], 0)
    l.asking[0]?.give()
    l.asking[1]?.refuse(new TosError('NO_SESSION', 'too late'))
    for (let i = 0; i < 5; i++) await turn()
    assert.deepEqual([...l.p.server.kernel.incidents.counts], [])
    assert.deepEqual([l.waiting(), l.p.server.service.dump()['inbound']], [0, 0])
    assert.ok(getEventListeners(l.asking[0]?.stream as unknown as EventTarget, 'close').length <= listeners)
  })
}

test('waiting streams count: the fifth of one protocol is reset', async t => {
  const { raw, asking, asked, waiting } = await late(t, 'server')
  const streams: RawStream[] = []
  for (let i = 0; i < 5; i++) streams.push(await raw.open())
  assert.equal(await streams[4]?.closed, 'StreamResetError')
  await asked(4)
  assert.deepEqual([asking.length, waiting()], [4, 4])
})

test('stop lets waiting streams go, and start works again', async t => {
  const { p, raw, asking, ask, asked, waiting } = await late(t, 'server')
  const stream = await raw.open()
  await asked(1)
  await p.server.service.stop()
  assert.equal(await stream.closed, 'StreamResetError')
  assert.equal(waiting(), 0)
  await p.server.service.start()
  const next = await raw.open()
  next.write(ask(1n))
  await asked(2)
  asking[1]?.give()
  await next.next()
  assert.deepEqual([...p.server.kernel.incidents.counts], [])
})

test('requests wait for the session of their stream and share it', async t => {
  const { p, asking, asked } = await late(t, 'asker')
  const answers = ['a', 'b', 'c'].map(text => p.ask({ text }))
  await asked(1)
  asking[0]?.give()
  assert.deepEqual(await Promise.all(answers), [{ text: 'a' }, { text: 'b' }, { text: 'c' }])
  assert.equal(asking.length, 1)
})

test('a request whose session fails gets its code and the stream is reset; the next one tries again', async t => {
  const { p, asking, asked } = await late(t, 'asker')
  const failed = ['a', 'b'].map(text => assert.rejects(p.ask({ text }), { code: 'NO_SESSION' }))
  await asked(1)
  asking[0]?.refuse(new TosError('NO_SESSION', 'a plain libp2p node'))
  await Promise.all(failed)
  assert.equal(asking[0]?.stream.status, 'aborted')
  const next = p.ask({ text: 'c' })
  await asked(2)
  asking[1]?.give()
  assert.deepEqual(await next, { text: 'c' })
})

test('a request does not outwait its own time, nor the stream; what comes later finds nothing', async t => {
  const { p, asking, asked } = await late(t, 'asker')
  await assert.rejects(p.ask({ text: 'a' }, { timeoutMs: 5 }), { code: 'TIMEOUT' })
  while (asking[0]?.stream.status !== 'aborted') await turn()
  const lost = assert.rejects(p.ask({ text: 'b' }), { code: 'STREAM_CLOSED' })
  await asked(2)
  p.net.close()
  await lost
  for (const { give } of asking) give()
  for (let i = 0; i < 5; i++) await turn()
  const { lanes, opening, pending } = p.asker.service.dump()
  assert.deepEqual({ lanes, opening, pending }, { lanes: 0, opening: 0, pending: 0 })
})

const NOTE = defineMessage({ name: 'NOTE', code: 0x9001, schema: struct({ text: string(64) }) })
interface Notes { readonly net: KernelNet, readonly server: FakePeer, readonly kernel: Kernel, readonly received: StreamService<Text>, readonly sending: StreamService<Text>, readonly seen: string[], readonly asking: Asking[] }

/** The same for a stream protocol: `side` waits for its sessions. */
async function notes (t: TestContext, side: 'server' | 'sender'): Promise<Notes> {
  const net = createKernelNet()
  const [server, sender] = [await net.peer(), await net.peer()]
  const { carriers, asking } = lateCarriers(local => local.equals((side === 'server' ? server : sender).peerId))
  const seen: string[] = []
  const notes = defineStream<Text>({ id: '/test/notes/1.0.0', messages: [NOTE], limits: { perPeer: OPEN_RATE, openTimeoutMs: 2000 }, handle: ({ value }) => { seen.push(value.text) } })
  const mount = async (peer: FakePeer): Promise<[Kernel, StreamService<Text>]> => {
    const kernel = createKernel({ network: 'devnet', now: () => NOW_MS, carriers })
    const service = kernel.mountStream(notes)(peer.components)
    await service.start()
    return [kernel, service]
  }
  const [[kernel, received], [, sending]] = [await mount(server), await mount(sender)]
  t.after(async () => { await received.stop(); await sending.stop(); net.close() })
  return { net, server, kernel, received, sending, seen, asking }
}

test('a stream protocol keeps what arrives, to its end, until the session stands', async t => {
  const { server, received, sending, seen, asking } = await notes(t, 'server')
  const out = await sending.open(server.peerId)
  for (const text of ['a', 'b', 'c']) out.send(NOTE, { text })
  const closed = out.close()
  while (asking[0]?.stream.remoteWriteStatus !== 'closed') await turn()
  assert.deepEqual([received.dump()['waiting'], seen], [1, []])
  asking[0].give()
  await closed
  assert.deepEqual(seen, ['a', 'b', 'c'])
  assert.deepEqual([received.dump()['waiting'], received.dump()['streams']], [0, 0])
})

test('a stream protocol reports a session that fails, and not a stream that ends or a stop while it waits', async t => {
  const { server, kernel, received, sending, asking } = await notes(t, 'server')
  const outs = await Promise.all([1, 2, 3].map(() => sending.open(server.peerId)))
  while (asking.length < 3) await turn()
  asking[0]?.refuse(new TosError('NO_SESSION', 'none'))
  asking[1]?.stream.abort(new Error('gone'))
  while (received.dump()['waiting'] !== 1) await turn()
  await received.stop()
  await Promise.all(outs.map(out => out.close()))
  assert.equal(received.dump()['waiting'], 0)
  assert.deepEqual([...kernel.incidents.counts], [['NO_SESSION', 1]])
})

test('opening a stream fails with the session\'s code, or with TIMEOUT or ABORTED while it is awaited', async t => {
  const { server, sending, asking } = await notes(t, 'sender')
  const refused = assert.rejects(sending.open(server.peerId), { code: 'HANDSHAKE_TIMEOUT' })
  while (asking.length < 1) await turn()
  asking[0]?.refuse(new TosError('HANDSHAKE_TIMEOUT', 'late'))
  await refused
  const controller = new AbortController()
  const left = assert.rejects(sending.open(server.peerId, { signal: controller.signal }), { code: 'ABORTED' })
  while (asking.length < 2) await turn()
  controller.abort()
  await left
  assert.deepEqual(asking.map(({ stream }) => stream.status), ['aborted', 'aborted'])
  assert.equal(sending.dump()['streams'], 0)
})
