import { test } from 'node:test'
import type { TestContext } from 'node:test'
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { frame } from '../support/frames.ts'
import { kernelPair, rawPeer, textProtocol } from '../support/kernel-pair.ts'
import type { Pair, RawPeer, Text } from '../support/kernel-pair.ts'
import type { RawStream } from '../support/raw-stream.ts'

const definition = textProtocol()

interface Watched { p: Pair<Text, Text>, raw: RawPeer, stream: RawStream, second: (act?: () => void) => Promise<void>, request: (text?: string) => Uint8Array, isOpen: () => boolean }

/** A served stream whose seconds pass when the test says so: the kernel's clock and its one interval both follow. */
async function watched (t: TestContext): Promise<Watched> {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const p = await kernelPair(definition)
  t.after(() => p.stop())
  const raw = await rawPeer(p.net, p.server.peer)
  const stream = await raw.open()
  const settle = async (): Promise<void> => { for (let i = 0; i < 20; i++) await turn() }
  return {
    p, raw, stream,
    isOpen: () => stream.stream.status === 'open',
    request: (text = '') => raw.message(definition.request.type, { requestId: 1n, more: false, body: { text } }),
    async second (act) {
      act?.()
      await settle()
      p.time.ms += 1000
      t.mock.timers.tick(1000)
      await settle()
    }
  }
}

test('an inbound stream that stays silent closes after 5 s', async t => {
  const { p, second, isOpen } = await watched(t)
  for (let s = 0; s < 5; s++) { assert.ok(isOpen(), `after ${s} s`); await second() }
  assert.ok(isOpen())
  await second()
  assert.ok(!isOpen())
  assert.equal(p.server.count('SLOW_STREAM'), 1)
  assert.equal(p.server.service.dump()['inbound'], 0)
})

test('one byte a second closes within 5 s', async t => {
  const { p, stream, second, request, isOpen } = await watched(t)
  const bytes = request()
  let seconds = 0
  while (isOpen() && seconds < 10) {
    await second(() => { stream.write(bytes.subarray(seconds, seconds + 1)) })
    seconds++
  }
  assert.ok(seconds <= 5, `${seconds} s`)
  assert.equal(p.server.count('SLOW_STREAM'), 1)
})

test('one byte a second is no better after a first good frame, nor inside a payload', async t => {
  const { p, stream, second, request, isOpen } = await watched(t)
  stream.write(request())
  await stream.next()
  const bytes = request('x'.repeat(100_000))
  stream.write(bytes.subarray(0, 3000))
  let seconds = 0
  while (isOpen() && seconds < 10) {
    await second(() => { stream.write(bytes.subarray(3000 + seconds, 3001 + seconds)) })
    seconds++
  }
  assert.ok(seconds <= 5, `${seconds} s`)
  assert.equal(p.server.count('SLOW_STREAM'), 1)
})

test('a quiet stream that has spoken survives for hours, and so does the one who asks', async t => {
  const { p, stream, second, request, isOpen } = await watched(t)
  stream.write(request())
  await stream.next()
  await p.ask({ text: 'warm' })
  p.time.ms += 4 * 3600_000
  for (let s = 0; s < 5; s++) await second()
  assert.ok(isOpen())
  stream.write(request())
  await stream.next()
  assert.deepEqual(await p.ask({ text: 'still here' }), { text: 'still here' })
  assert.equal(p.server.kernel.incidents.counts.size + p.asker.kernel.incidents.counts.size, 0)
})

test('a large frame at 2 KiB/s survives', async t => {
  const { stream, second, request, isOpen } = await watched(t)
  const bytes = request('x'.repeat(20_000))
  for (let at = 0; at < bytes.length; at += 2048) await second(() => { stream.write(bytes.subarray(at, at + 2048)) })
  assert.ok(isOpen())
  await stream.next()
})

test('a frame that keeps the pace but takes more than 60 s is closed', async t => {
  const { p, stream, second, request, isOpen } = await watched(t)
  const bytes = request('x'.repeat(300_000))
  let at = 0
  for (let s = 0; s < 70 && isOpen(); s++) await second(() => { stream.write(bytes.subarray(at, at += 2048)) })
  assert.ok(!isOpen())
  assert.equal(p.server.count('SLOW_STREAM'), 1)
})

test('an unknown type that is skipped at 10 KiB/s survives, and one that dribbles does not', async t => {
  const { p, raw, stream, second, request, isOpen } = await watched(t)
  const skipped = raw.frame({ type: 0x9999, payload: new Uint8Array(60_000) })
  for (let at = 0; at < skipped.length; at += 10_240) await second(() => { stream.write(skipped.subarray(at, at + 10_240)) })
  assert.equal((await stream.nextError()).code, 5)
  stream.write(request())
  await stream.next()
  assert.equal(p.server.count('SLOW_STREAM'), 0)
  stream.write(frame({ type: 0x9999, payload: new Uint8Array(60_000) }).subarray(0, 100))
  for (let s = 0; s < 5; s++) await second()
  assert.ok(!isOpen())
})

test('while the handler holds the stream back, its pace is our own affair', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const gate = Promise.withResolvers<Text>()
  const p = await kernelPair(textProtocol({ handle: () => gate.promise, limits: { perPeer: { count: 1e9, perMs: 1000 }, timeoutMs: 60_000, maxConcurrent: 1 } }))
  t.after(() => p.stop())
  const raw = await rawPeer(p.net, p.server.peer)
  const stream = await raw.open()
  const bytes = raw.message(definition.request.type, { requestId: 1n, more: false, body: { text: 'x'.repeat(1000) } })
  stream.write(bytes, bytes.subarray(0, 100))
  while (p.server.service.dump()['running'] !== 1) await turn()
  for (let s = 0; s < 30; s++) { p.time.ms += 1000; t.mock.timers.tick(1000); await turn() }
  assert.equal(stream.stream.status, 'open')
  gate.resolve({ text: 'done' })
  await stream.next()
})

test('stopping ends the one timer of the kernel', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const p = await kernelPair(definition)
  const raw = await rawPeer(p.net, p.server.peer)
  await raw.open()
  let looked = 0
  const { time } = p
  await p.stop()
  Object.defineProperty(time, 'ms', { get: () => { looked++; return 0 } })
  t.mock.timers.tick(10_000)
  assert.equal(looked, 0)
})
