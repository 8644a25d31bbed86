import { afterEach, test } from 'node:test'
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import type { Stream } from '@libp2p/interface'
import { streamPair } from '@libp2p/utils'
import { createPlainCodec, FrameStream, WRITE_BYTES } from '../../src/frame/index.ts'
import type { FrameCodec, FrameStreamOptions, FrameType } from '../../src/frame/index.ts'
import { TosError } from '../../src/errors/index.ts'
import { ALICE, BOB, codeOf, flip, frame, NOW_MS } from '../support/frames.ts'

interface End {
  readonly frames: FrameStream
  readonly events: string[]
  readonly payloads: Uint8Array[]
  /** Resolves when `events` holds `event`. */
  saw (event: string): Promise<void>
  onMessage: (payload: Uint8Array) => void
}

const MIB = 1 << 20
const TYPE: FrameType = { code: 1, maxBytes: 4 * MIB, privacy: 'low' }
const open: Stream[] = []
afterEach(() => { for (const stream of open.splice(0)) stream.abort(new Error('test over')) })

async function pair (): Promise<[Stream, Stream]> {
  const streams = await streamPair({ delay: 0, capacity: 16 })
  open.push(...streams)
  return streams
}

function attach (stream: Stream, local: Uint8Array, remote: Uint8Array, options?: FrameStreamOptions, change: Partial<FrameCodec> = {}): End {
  const events: string[] = []
  const payloads: Uint8Array[] = []
  const waiters: Array<[string, () => void]> = []
  const note = (event: string): void => {
    events.push(event)
    for (const [wanted, resolve] of waiters) if (wanted === event) resolve()
  }
  const end: End = {
    events, payloads, onMessage: () => {},
    saw: event => events.includes(event) ? Promise.resolve() : new Promise(resolve => { waiters.push([event, resolve]) }),
    frames: new FrameStream(stream, Object.defineProperties({ ...createPlainCodec({ local, remote, now: () => NOW_MS }) }, Object.getOwnPropertyDescriptors(change)), {
      type: code => code === 1 ? TYPE : undefined,
      message: (type, payload) => { payloads.push(payload); note(`message ${type}`); note(`messages ${payloads.length}`); end.onMessage(payload) },
      dropped: (error: TosError) => { note(`dropped ${error.code}`) },
      ended: () => { note('ended') },
      closed: error => { note(`closed ${error?.code ?? 'clean'}`) }
    }, options)
  }
  return end
}

async function framePair (options?: FrameStreamOptions): Promise<{ alice: End, bob: End, streams: [Stream, Stream] }> {
  const streams = await pair()
  return { streams, alice: attach(streams[0], ALICE, BOB, options), bob: attach(streams[1], BOB, ALICE) }
}

const put = (end: End, payload: Uint8Array): void => { end.frames.write(TYPE, writer => { writer.putBytes(payload) }) }

/** Counts the writes that reach a stream. */
function countSends (stream: Stream): { sends: number, largest: number } {
  const counted = { sends: 0, largest: 0 }
  const send = stream.send.bind(stream)
  stream.send = data => {
    counted.sends++
    counted.largest = Math.max(counted.largest, data.byteLength)
    return send(data)
  }
  return counted
}

test('frames of one tick leave in one write and arrive whole and in order', async () => {
  const { alice, bob, streams } = await framePair()
  const counted = countSends(streams[0])
  for (let i = 0; i < 100; i++) put(alice, Uint8Array.of(i))
  await bob.saw('messages 100')
  assert.equal(counted.sends, 1)
  assert.deepEqual(bob.payloads.map(payload => payload[0]), Array.from({ length: 100 }, (_, i) => i))
})

test('a large frame is cut into writes of what one noise message carries', async () => {
  const { alice, bob, streams } = await framePair()
  const counted = countSends(streams[0])
  const payload = new Uint8Array(MIB).fill(7)
  put(alice, payload)
  await bob.saw('messages 1')
  assert.deepEqual(Buffer.from(bob.payloads[0] as Uint8Array), Buffer.from(payload))
  assert.equal(counted.largest, WRITE_BYTES)
})

test('a frame whose payload cannot be written is taken back; those around it still go', async () => {
  const { alice, bob } = await framePair()
  put(alice, Uint8Array.of(1))
  assert.throws(() => { alice.frames.write(TYPE, writer => { writer.putBytes(new Uint8Array(500)); throw new RangeError('no') }) }, RangeError)
  put(alice, Uint8Array.of(2))
  await bob.saw('messages 2')
  assert.deepEqual(bob.payloads.map(payload => Array.from(payload)), [[1], [2]])
})

test('a reader that pauses holds the writer back: congested, bounded, and all of it arrives after resume', async () => {
  const { alice, bob } = await framePair()
  bob.onMessage = () => { bob.frames.pause() }
  const chunk = new Uint8Array(256 * 1024)
  let written = 0
  while (!alice.frames.congested && written < 400) { put(alice, chunk); written++ }
  assert.ok(alice.frames.congested, 'the writer learns that nobody reads')
  assert.ok(alice.frames.queuedBytes < 2 * MIB)
  const drained = alice.frames.drained()
  let settled = false
  drained.then(() => { settled = true }, () => {})
  await bob.saw('messages 1')
  assert.ok(!settled)
  bob.onMessage = () => {}
  bob.frames.resume()
  await drained
  assert.ok(!alice.frames.congested)
  await bob.saw(`messages ${written}`)
})

test('above maxQueuedBytes a write is refused with BUSY and what was accepted still arrives', async () => {
  const { alice, bob, streams } = await framePair({ highWaterBytes: 64 * 1024, maxQueuedBytes: 256 * 1024 })
  streams[0].send = () => true
  streams[0].writableNeedsDrain = true
  let accepted = 0
  assert.equal(codeOf(() => { for (;;) { put(alice, new Uint8Array(32 * 1024)); accepted++ } }), 'BUSY')
  assert.ok(accepted >= 8 && accepted <= 10, `${accepted} frames of 32 KiB in 256 KiB`)
  assert.ok(alice.frames.queuedBytes < 320 * 1024)
  assert.equal(bob.payloads.length, 0)
})

test('half-close: what was written before arrives, then the end; the other way still works', async () => {
  const { alice, bob } = await framePair()
  put(alice, Uint8Array.of(1))
  alice.frames.finish()
  assert.ok(!alice.frames.writable)
  assert.equal(codeOf(() => { put(alice, Uint8Array.of(2)) }), 'STREAM_CLOSED')
  await bob.saw('ended')
  assert.deepEqual(bob.events, ['message 1', 'messages 1', 'ended'])
  put(bob, Uint8Array.of(3))
  await alice.saw('messages 1')
  bob.frames.finish()
  await Promise.all([alice.saw('closed clean'), bob.saw('closed clean')])
  assert.ok(alice.frames.done && bob.frames.done)
})

test('the end waits for frames that are held back by a pause', async () => {
  const { alice, bob } = await framePair()
  bob.onMessage = () => { bob.frames.pause() }
  for (let i = 0; i < 3; i++) put(alice, Uint8Array.of(i))
  alice.frames.finish()
  await bob.saw('messages 1')
  for (let i = 2; i <= 3; i++) {
    assert.ok(!bob.events.includes('ended'))
    bob.frames.resume()
    await bob.saw(`messages ${i}`)
  }
  bob.frames.resume()
  await bob.saw('ended')
})

test('an end inside a frame is reported as TRUNCATED, before the end', async () => {
  const { bob, streams } = await framePair()
  streams[0].send(frame({ type: 1, payload: new Uint8Array(100) }).subarray(0, 90))
  await streams[0].close()
  await bob.saw('ended')
  assert.deepEqual(bob.events, ['dropped TRUNCATED', 'ended'])
})

test('a reset inside a frame is no offence: the close says it all', async () => {
  const { bob, streams } = await framePair()
  streams[0].send(frame({ type: 1, payload: new Uint8Array(100) }).subarray(0, 90))
  await new Promise(resolve => { streams[1].addEventListener('message', resolve, { once: true }) })
  streams[0].abort(new Error('gone'))
  await bob.saw('closed STREAM_CLOSED')
  assert.deepEqual(bob.events, ['closed STREAM_CLOSED'])
})

test('abort tells its own owner the code, once, and the other side that the stream was reset', async () => {
  const { alice, bob } = await framePair()
  alice.frames.abort('SLOW_STREAM', 'too slow')
  alice.frames.abort('BUSY', 'again')
  assert.deepEqual(alice.events, ['closed SLOW_STREAM'])
  assert.equal(codeOf(() => { put(alice, Uint8Array.of(1)) }), 'STREAM_CLOSED')
  await bob.saw('closed STREAM_CLOSED')
})

const good = frame({ type: 1, payload: Uint8Array.of(5) })
for (const [what, bad, code] of [
  ['wrong magic', flip(good, 0), 'WRONG_MAGIC'],
  ['another version', flip(good, 4, 2), 'INCOMPATIBLE_VERSION'],
  ['an oversize payload', frame({ type: 1, length: 4 * MIB + 1 }), 'MESSAGE_TOO_LARGE'],
  ['an oversize payload of an unknown type', frame({ type: 9, length: 65_537 }), 'MESSAGE_TOO_LARGE']
] as const) {
  test(`${what} closes the stream with ${code}, and nothing after it is looked at`, async () => {
    const { bob, streams } = await framePair()
    streams[0].send(Buffer.concat([bad, good, good]))
    await bob.saw(`closed ${code}`)
    assert.deepEqual(bob.events, [`closed ${code}`])
    assert.equal(streams[1].status, 'aborted')
  })
}

for (const [what, bad, code] of [
  ['a damaged checksum', flip(good, 12), 'CORRUPT_MESSAGE'],
  ['a damaged payload', flip(good, 60), 'CORRUPT_MESSAGE'],
  ['another node_id', frame({ type: 1, payload: Uint8Array.of(5), nodeId: BOB }), 'WRONG_NODE_ID'],
  ['a frame from another day', frame({ type: 1, payload: Uint8Array.of(5), timestamp: 1n }), 'CLOCK_SKEW'],
  ['an unknown type', frame({ type: 9, payload: new Uint8Array(300) }), 'UNKNOWN_TYPE']
] as const) {
  test(`${what} is dropped with ${code}, and the next good frame on the stream works`, async () => {
    const { bob, streams } = await framePair()
    streams[0].send(Buffer.concat([bad, good]))
    await bob.saw('messages 1')
    assert.deepEqual(bob.events, [`dropped ${code}`, 'message 1', 'messages 1'])
    assert.equal(bob.frames.framesRead, 2)
  })
}

test('a stream that closed before anybody attached is reported, not waited for', async () => {
  const [local] = await pair()
  local.abort(new Error('early'))
  const late = attach(local, ALICE, BOB)
  await late.saw('closed STREAM_CLOSED')
})

test('an owner that throws while it takes a frame loses its stream, not the process', async () => {
  const { alice, bob } = await framePair()
  bob.onMessage = () => { throw new Error('bug') }
  put(alice, Uint8Array.of(1))
  await bob.saw('closed INTERNAL')
})

test('a stream that throws from send ends with STREAM_CLOSED, not the process', async () => {
  const { alice, streams } = await framePair()
  streams[0].send = () => { throw new Error('the muxer is gone') }
  put(alice, Uint8Array.of(1))
  await alice.saw('closed STREAM_CLOSED')
})

test('a close while somebody drains wakes them with STREAM_CLOSED; a signal wakes them with its reason and leaves no listener', async () => {
  const { alice, streams } = await framePair({ highWaterBytes: 1000 })
  streams[0].writableNeedsDrain = true
  put(alice, new Uint8Array(5000))
  const { signal, abort } = { signal: new AbortController(), abort: new Error('enough') }
  const waits = Array.from({ length: 50 }, () => alice.frames.drained(signal.signal))
  signal.abort(abort)
  for (const wait of waits) await assert.rejects(wait, abort)
  assert.equal(getEventListeners(signal.signal, 'abort').length, 0)
  const last = alice.frames.drained()
  alice.frames.abort('ABORTED', 'closing')
  await assert.rejects(last, { code: 'STREAM_CLOSED' })
})

test('a thousand frames, pauses and drains add no listener to the stream', async () => {
  const { alice, bob, streams } = await framePair({ highWaterBytes: 1000 })
  const count = (): number => ['message', 'drain', 'end', 'close'].reduce((sum, type) => sum + (streams[0] as unknown as { listenerCount (type: string): number }).listenerCount(type), 0)
  const before = count()
  for (let i = 1; i <= 1000; i++) {
    put(alice, Uint8Array.of(1))
    if (i % 10 === 0) { bob.frames.pause(); bob.frames.resume(); await alice.frames.drained() }
  }
  await bob.saw('messages 1000')
  assert.equal(count(), before)
})

test('a fatal code of the codec ends the stream with that code, once; nothing after it is looked at', async () => {
  const streams = await pair()
  let opened = 0
  const open = (): Uint8Array => { opened++; throw new TosError('SEAL_BROKEN', 'forged') }
  const bob = attach(streams[1], BOB, ALICE, {}, { fatal: new Set(['SEAL_BROKEN']), open })
  streams[0].send(Buffer.concat([good, good, good]))
  await bob.saw('closed SEAL_BROKEN')
  assert.deepEqual(bob.events, ['closed SEAL_BROKEN'])
  assert.equal(opened, 1)
  assert.equal(streams[1].status, 'aborted')
})

test('a codec is told the type of each frame it opens and closes, and may allow more bytes than the payload\'s cap', async () => {
  const streams = await pair()
  const seen: FrameType[] = []
  const wide = { wireCap: ({ maxBytes }: FrameType) => maxBytes + 28, open: (_header: Uint8Array, body: Uint8Array, type: FrameType) => { seen.push(type); return body.subarray(28) } }
  const bob = attach(streams[1], BOB, ALICE, {}, wide)
  streams[0].send(frame({ type: 1, payload: new Uint8Array(4 * MIB + 28) }))
  await bob.saw('messages 1')
  assert.equal(bob.payloads[0]?.length, 4 * MIB)
  assert.deepEqual(seen, [TYPE])
  streams[0].send(frame({ type: 1, length: 4 * MIB + 29 }))
  await bob.saw('closed MESSAGE_TOO_LARGE')
})

test('a codec that cannot close a frame has it taken back: what stands around it in the batch still arrives whole', async () => {
  const streams = await pair()
  const plain = createPlainCodec({ local: ALICE, remote: BOB, now: () => NOW_MS })
  let left = 1
  const finish: FrameCodec['finish'] = (...frame) => {
    if (left-- === 0) throw new TosError('SESSION_EXHAUSTED', 'no counters left')
    plain.finish(...frame)
  }
  const [alice, bob] = [attach(streams[0], ALICE, BOB, {}, { finish }), attach(streams[1], BOB, ALICE)]
  put(alice, Uint8Array.of(1))
  assert.equal(codeOf(() => { put(alice, Uint8Array.of(2)) }), 'SESSION_EXHAUSTED')
  put(alice, Uint8Array.of(3))
  await bob.saw('messages 2')
  assert.deepEqual(bob.payloads.map(payload => Array.from(payload)), [[1], [3]])
})

test('frames of one tick leave together, or as soon as the codec wants', async () => {
  for (const [batchFrames, writes] of [[Number.POSITIVE_INFINITY, 1], [4, 3]] as const) {
    const [local] = await pair()
    const { frames } = attach(local, ALICE, BOB, {}, { batchFrames })
    const sizes: number[] = []
    const send = local.send.bind(local)
    local.send = data => { sizes.push(data.byteLength); return send(data) }
    for (let i = 0; i < 10; i++) frames.write(TYPE, writer => { writer.putBytes(new Uint8Array(40)) })
    await Promise.resolve()
    assert.equal(sizes.length, writes)
    assert.equal(sizes.reduce((sum, size) => sum + size, 0), 1000)
  }
})

test('a stream shows its codec\'s age', async () => {
  const [local] = await pair()
  const codec = { stale: false }
  const frames = attach(local, ALICE, BOB, {}, { get stale () { return codec.stale } }).frames
  assert.equal(frames.stale, false)
  codec.stale = true
  assert.equal(frames.stale, true)
})

test('a stream that was paused before anybody attached is read from its first byte, to its end', async () => {
  const [near, far] = await pair()
  far.pause()
  near.send(Buffer.concat([good, good]))
  await near.close()
  while (far.readBufferLength < 2 * good.length || far.remoteWriteStatus !== 'closed') await new Promise(resolve => { setImmediate(resolve) })
  const bob = attach(far, BOB, ALICE)
  await bob.saw('ended')
  assert.deepEqual(bob.events, ['message 1', 'messages 1', 'message 1', 'messages 2', 'ended'])
})
