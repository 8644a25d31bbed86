import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from '../support/fast-check.ts'
import { FrameReader, HEADER_BYTES, MAX_SKIPPED_BYTES } from '../../src/frame/index.ts'
import { codeOf, flip, frame } from '../support/frames.ts'

const CAPS = new Map([[1, 0], [2, 10], [3, 300_000], [4, 5_242_880]])

interface Seen { type: number, body: string }

function reader (onFrame: (type: number, reader: FrameReader) => void = () => {}): { reader: FrameReader, seen: Seen[], unknown: Array<[number, number]> } {
  const seen: Seen[] = []
  const unknown: Array<[number, number]> = []
  const made: FrameReader = new FrameReader({
    cap: type => CAPS.get(type),
    frame: (type, _header, body) => { seen.push({ type, body: Buffer.from(body).toString('hex') }); onFrame(type, made) },
    unknown: (type, length) => { unknown.push([type, length]) }
  })
  return { reader: made, seen, unknown }
}

const anyFrame = fc.oneof(
  fc.constant({ type: 1, payload: new Uint8Array(0) }),
  fc.uint8Array({ maxLength: 10 }).map(payload => ({ type: 2, payload })),
  fc.integer({ min: 0, max: 2000 }).map(length => ({ type: 3, payload: new Uint8Array(length).fill(length & 0xff) })),
  fc.integer({ min: 0, max: 500 }).map(length => ({ type: 9, payload: new Uint8Array(length).fill(7) }))
)

function cut (bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

const sizes = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 4000 })), { minLength: 1, maxLength: 12 })

test('the same bytes give the same frames, however they are cut', () => {
  fc.assert(fc.property(fc.array(anyFrame, { maxLength: 12 }), sizes, (frames, cuts) => {
    const bytes = Buffer.concat(frames.map(frame))
    const whole = reader()
    whole.reader.push(bytes)
    const cutUp = reader()
    for (const chunk of cut(bytes, cuts)) cutUp.reader.push(chunk)
    assert.deepEqual(cutUp.seen, whole.seen)
    assert.deepEqual(cutUp.unknown, whole.unknown)
    assert.deepEqual(whole.seen, frames.filter(({ type }) => CAPS.has(type)).map(({ type, payload }) => ({ type, body: Buffer.from(payload).toString('hex') })))
    assert.equal(cutUp.reader.partialBytes, 0)
  }), { numRuns: 200 })
})

test('one byte at a time is enough', () => {
  const { reader: r, seen } = reader()
  const bytes = Buffer.concat([frame({ type: 1 }), frame({ type: 9, payload: new Uint8Array(70) }), frame({ type: 2, payload: Uint8Array.of(1, 2, 3) })])
  for (const byte of bytes) r.push(Uint8Array.of(byte))
  assert.deepEqual(seen, [{ type: 1, body: '' }, { type: 2, body: '010203' }])
})

test('pausing and resuming anywhere, also inside the sink, loses and reorders nothing', () => {
  fc.assert(fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 12 }), sizes, fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 20 }), (frames, cuts, moves) => {
    const bytes = Buffer.concat(frames.map(frame))
    const plain = reader()
    plain.reader.push(bytes)
    let move = 0
    const step = (r: FrameReader): void => {
      switch (moves[move++ % moves.length]) {
        case 1: r.pause(); break
        case 2: r.resume(); break
        case 3: r.pause(); r.resume(); break
        default:
      }
    }
    const paused = reader((_type, r) => { step(r) })
    for (const chunk of cut(bytes, cuts)) {
      step(paused.reader)
      paused.reader.push(chunk)
    }
    for (let i = 0; i <= frames.length; i++) paused.reader.resume()
    assert.deepEqual(paused.seen, plain.seen)
    assert.deepEqual(paused.unknown, plain.unknown)
  }), { numRuns: 300 })
})

test('bytes pushed from inside the sink come after those at hand', () => {
  const late = frame({ type: 2, payload: Uint8Array.of(9) })
  let fed = false
  const { reader: r, seen } = reader((_type, self) => {
    if (fed) return
    fed = true
    self.pause()
    self.resume()
    self.push(late)
  })
  r.push(Buffer.concat([frame({ type: 2, payload: Uint8Array.of(1) }), frame({ type: 2, payload: Uint8Array.of(2) })]))
  assert.deepEqual(seen.map(({ body }) => body), ['01', '02', '09'])
})

test('a paused reader delivers nothing, not even the next frame of the same chunk', () => {
  const { reader: r, seen } = reader((_type, self) => { self.pause() })
  r.push(Buffer.concat([frame({ type: 1 }), frame({ type: 1 }), frame({ type: 1 })]))
  assert.equal(seen.length, 1)
  assert.ok(r.paused)
  r.resume()
  assert.equal(seen.length, 2)
})

for (const [type, cap] of CAPS) {
  test(`size gate of a type with a cap of ${cap}: refused on the header alone, nothing reserved`, () => {
    for (const length of [cap + 1, 2 ** 31, 2 ** 32 - 1]) {
      const before = process.memoryUsage().arrayBuffers
      const { reader: r } = reader()
      assert.equal(codeOf(() => { r.push(frame({ type, length })) }), 'MESSAGE_TOO_LARGE', String(length))
      assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024, `${length} bytes announced`)
    }
    for (const length of new Set([0, Math.min(1, cap), cap])) {
      const payload = new Uint8Array(length).fill(5)
      const { reader: r, seen } = reader()
      r.push(frame({ type, payload }))
      assert.equal(seen.length, 1)
      assert.equal(seen[0]?.body.length, 2 * length)
    }
  })
}

test('an announced length inside the cap reserves nothing until bytes arrive, and then little more than what arrived', () => {
  const held = Array.from({ length: 50 }, () => reader().reader)
  const header = frame({ type: 4, length: 5_242_880 })
  const before = process.memoryUsage().arrayBuffers
  for (const r of held) r.push(header)
  assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024)
  const first = reader().reader
  first.push(header)
  const base = process.memoryUsage().arrayBuffers
  first.push(new Uint8Array(200_000))
  assert.ok(process.memoryUsage().arrayBuffers - base < 1 << 20)
})

test('an unknown type is skipped up to 64 KiB and the next frame works; above, the stream is refused', () => {
  for (const length of [0, 1, MAX_SKIPPED_BYTES]) {
    const { reader: r, seen, unknown } = reader()
    r.push(frame({ type: 77, payload: new Uint8Array(length) }))
    r.push(frame({ type: 2, payload: Uint8Array.of(4) }))
    assert.deepEqual(unknown, [[77, length]])
    assert.deepEqual(seen, [{ type: 2, body: '04' }])
  }
  for (const length of [MAX_SKIPPED_BYTES + 1, 2 ** 31, 2 ** 32 - 1]) {
    assert.equal(codeOf(() => { reader().reader.push(frame({ type: 77, length })) }), 'MESSAGE_TOO_LARGE')
  }
})

test('a skipped payload counts towards the frame under way, so that its pace can be judged', () => {
  const { reader: r } = reader()
  r.push(frame({ type: 77, length: 5000 }))
  assert.equal(r.partialBytes, HEADER_BYTES)
  r.push(new Uint8Array(3000))
  assert.equal(r.partialBytes, HEADER_BYTES + 3000)
  r.push(new Uint8Array(2000))
  assert.equal(r.partialBytes, 0)
})

test('wrong magic and version are refused on the header', () => {
  const good = frame({ type: 1 })
  for (let at = 0; at < 4; at++) assert.equal(codeOf(() => { reader().reader.push(flip(good, at, 0x20)) }), 'WRONG_MAGIC')
  for (const at of [4, 5]) assert.equal(codeOf(() => { reader().reader.push(flip(good, at, 0x10)) }), 'INCOMPATIBLE_VERSION')
})

test('a delivered body is the receiver\'s own: later bytes do not change it', () => {
  const bodies: Uint8Array[] = []
  const r = new FrameReader({ cap: () => 100, frame: (_type, _header, body) => { bodies.push(body) }, unknown: () => {} })
  const chunk = Buffer.from(frame({ type: 2, payload: Uint8Array.of(1, 2, 3) }))
  r.push(chunk)
  chunk.fill(0xff)
  r.push(frame({ type: 2, payload: Uint8Array.of(4, 5, 6) }))
  assert.deepEqual(bodies.map(body => Array.from(body)), [[1, 2, 3], [4, 5, 6]])
})
