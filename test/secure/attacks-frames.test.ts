import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEADER_BYTES, HEADER_OFFSET, checksum } from '../../src/frame/index.ts'
import type { FrameCodec, FrameType } from '../../src/frame/index.ts'
import { decodePayload, defineMessage } from '../../src/protocol/index.ts'
import { paddedSize } from '../../src/secure/padding.ts'
import { StreamNumbers } from '../../src/secure/stream-numbers.ts'
import { blob } from '../../src/wire/index.ts'
import { ALICE, codeOf, flip, frame as plainFrame, NOW_MS } from '../support/frames.ts'
import { open as openFrame, seal, sealedPair } from '../support/sealed-pair.ts'
import type { SealedEnd, SealedPair } from '../support/sealed-pair.ts'

const TYPE: FrameType = { code: 0x8001, maxBytes: 4096, privacy: 'medium' }
const payload = (n: number): Uint8Array => new Uint8Array(40).fill(n)
const open = (codec: FrameCodec, frame: Uint8Array, type: FrameType): Uint8Array => Uint8Array.from(openFrame(codec, frame, type).subarray(0, 40))

/** A stream that the dialler opened, with a first frame through it. */
function stream (pair: SealedPair): { ours: FrameCodec, theirs: FrameCodec, first: Uint8Array } {
  const [ours, theirs] = [pair.dialler.stream(true), pair.listener.stream(false)]
  const first = seal(ours, TYPE, payload(0))
  open(theirs, first, TYPE)
  return { ours, theirs, first }
}

/** The frame is refused with `code`, and the connection with it. */
function refused (end: SealedEnd, codec: FrameCodec, frame: Uint8Array, code: string, why?: string): void {
  const before = end.broken.length
  assert.equal(codeOf(() => open(codec, frame, TYPE)), code, why)
  assert.deepEqual(end.broken.slice(before).map(error => error.code), [code], why)
  assert.ok(codec.fatal.has(code as never), why)
}

/** Puts the right checksum in: it has no key, so an attacker can. */
function rechecked (frame: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(frame)
  new DataView(copy.buffer).setBigUint64(HEADER_OFFSET.checksum, checksum(copy.subarray(HEADER_BYTES)), true)
  return copy
}

test('frames arrive in order, both ways, and an untouched stream bothers nobody', () => {
  const pair = sealedPair()
  const { ours, theirs } = stream(pair)
  for (let n = 1; n < 50; n++) {
    assert.deepEqual(open(theirs, seal(ours, TYPE, payload(n)), TYPE), payload(n))
    assert.deepEqual(open(ours, seal(theirs, TYPE, payload(n)), TYPE), payload(n))
  }
  assert.deepEqual([pair.dialler.broken, pair.listener.broken], [[], []])
})

test('a frame repeated, moved ahead of another, or missing closes the connection', () => {
  for (const [what, order] of Object.entries({ repeated: [1, 1], reordered: [2, 1], dropped: [2], 'repeated later': [1, 2, 3, 1], 'the first again': [1, 0] })) {
    const pair = sealedPair()
    const { ours, theirs, first } = stream(pair)
    const frames = [first, ...[1, 2, 3].map(n => seal(ours, TYPE, payload(n)))]
    const last = order.at(-1) as number
    if (what === 'reordered' || what === 'dropped') refused(pair.listener, theirs, frames[2] as Uint8Array, 'FRAME_REPLAYED', what)
    else {
      for (const n of order.slice(0, -1)) open(theirs, frames[n] as Uint8Array, TYPE)
      refused(pair.listener, theirs, frames[last] as Uint8Array, 'FRAME_REPLAYED', what)
    }
  }
})

test('a refused frame moves no counter: the right one is still the next', () => {
  const pair = sealedPair()
  const { ours, theirs } = stream(pair)
  const next = seal(ours, TYPE, payload(1))
  for (const forged of [flip(next, 59), rechecked(flip(next, next.length - 1)), seal(ours, TYPE, payload(2))]) assert.notEqual(codeOf(() => open(theirs, forged, TYPE)), 'nothing thrown')
  assert.deepEqual(open(theirs, next, TYPE), payload(1))
})

test('a frame sent back to its sender is refused, on its own stream and on any other', () => {
  const pair = sealedPair()
  const { ours, theirs, first } = stream(pair)
  refused(pair.dialler, ours, first, 'SEAL_BROKEN', 'the key of the other direction')
  refused(pair.dialler, pair.dialler.stream(false), first, 'SEAL_BROKEN', 'as a stream of the other side')
  refused(pair.dialler, pair.dialler.stream(true), first, 'FRAME_REPLAYED', 'an answer to nothing')
  const answer = seal(theirs, TYPE)
  refused(pair.listener, theirs, answer, 'FRAME_REPLAYED')
  refused(pair.listener, pair.listener.stream(false), answer, 'SEAL_BROKEN')
})

test('a frame moved to another stream is refused, whichever stream and place it came from', () => {
  const pair = sealedPair()
  const one = stream(pair)
  const two = stream(pair)
  refused(pair.listener, two.theirs, seal(one.ours, TYPE), 'FRAME_REPLAYED', 'the same counter, another number')
  refused(pair.listener, pair.listener.stream(false), one.first, 'FRAME_REPLAYED', 'a number that was used')
  refused(pair.listener, pair.listener.stream(false), seal(one.ours, TYPE), 'FRAME_REPLAYED', 'a stream that does not begin at 0')
  const fresh = pair.dialler.stream(true)
  seal(fresh, TYPE)
  refused(pair.dialler, fresh, seal(one.theirs, TYPE), 'FRAME_REPLAYED', 'an answer of another stream')
})

test('a frame of another connection of the same two peers is refused', () => {
  const [here, there] = [sealedPair({ connection: 1 }), sealedPair({ connection: 2 })]
  const elsewhere = stream(there)
  const local = stream(here)
  refused(here.listener, here.listener.stream(false), seal(there.dialler.stream(true), TYPE), 'SEAL_BROKEN')
  refused(here.listener, local.theirs, seal(elsewhere.ours, TYPE), 'SEAL_BROKEN', 'the same stream number and counter')
  refused(here.dialler, local.ours, seal(elsewhere.theirs, TYPE), 'SEAL_BROKEN')
  // the frame opened there is not yet used up here
  assert.equal(here.listener.epochs.get(0)?.theirs.gaps, 0)
})

test('a frame of another epoch is refused: one not begun, one erased, and one that lies about it', () => {
  const pair = sealedPair({ epochs: [0, 1] })
  const old = sealedPair({ epochs: [0] })
  const first = seal(old.dialler.stream(true), TYPE)
  const current = stream(pair)
  refused(pair.listener, current.theirs, first, 'FRAME_REPLAYED', 'the counter, and the epoch, are others')
  assert.equal(codeOf(() => open(pair.listener.stream(false), first, TYPE)), 'nothing thrown', 'epoch 0 is still held')
  pair.listener.epochs.delete(0)
  refused(pair.listener, pair.listener.stream(false), seal(old.dialler.stream(true), TYPE), 'FRAME_REPLAYED', 'erased')
  refused(pair.listener, pair.listener.stream(false), rechecked(flip(seal(pair.dialler.stream(true), TYPE), HEADER_BYTES, 2)), 'FRAME_REPLAYED', 'epoch 3 does not exist')
  refused(pair.listener, pair.listener.stream(false), rechecked(withByte(first, HEADER_BYTES, 1)), 'SEAL_BROKEN', 'epoch 0 sealed, epoch 1 written')
})

function withByte (bytes: Uint8Array, at: number, value: number): Uint8Array {
  return flip(bytes, at, (bytes[at] as number) ^ value)
}

/** What a flip in each byte of the header comes to where the frame reaches the codec whole. */
function headerCode (at: number): string {
  return at >= HEADER_OFFSET.checksum && at < HEADER_OFFSET.timestamp ? 'CORRUPT_MESSAGE' : 'SEAL_BROKEN'
}

test('a flipped bit in any byte of the header is a forgery, whatever the bit', () => {
  for (let at = 0; at < HEADER_BYTES; at++) for (const mask of [1, 0x80]) {
    const pair = sealedPair()
    const { ours, theirs } = stream(pair)
    refused(pair.listener, theirs, flip(seal(ours, TYPE), at, mask), headerCode(at), `byte ${at}`)
  }
})

test('the first frame of a stream is guarded as the later ones, and a forged one uses no number up', () => {
  const pair = sealedPair()
  const first = seal(pair.dialler.stream(true), TYPE)
  for (let at = 0; at < HEADER_BYTES; at++) refused(pair.listener, pair.listener.stream(false), flip(first, at), headerCode(at), `byte ${at}`)
  // a forged number, right as far as anybody without the key can make it
  for (const number of [3, 5, 8191]) {
    const forged = Uint8Array.from(first)
    new DataView(forged.buffer).setUint32(HEADER_BYTES, number)
    refused(pair.listener, pair.listener.stream(false), rechecked(forged), 'SEAL_BROKEN')
  }
  assert.equal(codeOf(() => open(pair.listener.stream(false), first, TYPE)), 'nothing thrown')
  assert.equal(pair.listener.epochs.get(0)?.theirs.gaps, 0)
})

test('a flipped bit in nonce, ciphertext or tag is refused by the checksum, and without it by counter, number or tag', () => {
  const size = seal(sealedPair().dialler.stream(true), TYPE).length
  for (let at = HEADER_BYTES; at < size; at += at < HEADER_BYTES + 12 || at >= size - 16 ? 1 : 37) {
    const pair = sealedPair()
    const { ours, theirs } = stream(pair)
    const forged = flip(seal(ours, TYPE), at)
    refused(pair.listener, theirs, forged, 'CORRUPT_MESSAGE', `byte ${at}`)
    refused(pair.listener, theirs, rechecked(forged), at < HEADER_BYTES + 12 ? 'FRAME_REPLAYED' : 'SEAL_BROKEN', `byte ${at} with a new checksum`)
  }
})

test('a frame cut short or grown is refused, even with length and checksum to match', () => {
  const sized = (frame: Uint8Array): Uint8Array => {
    const copy = rechecked(frame)
    new DataView(copy.buffer).setUint32(HEADER_OFFSET.length, copy.length - HEADER_BYTES, true)
    return copy
  }
  for (const cut of [1, 15, 16, 17, 100]) {
    const pair = sealedPair()
    const { ours, theirs } = stream(pair)
    refused(pair.listener, theirs, sized(seal(ours, TYPE).subarray(0, -cut)), 'SEAL_BROKEN', `${cut} bytes less`)
  }
  const pair = sealedPair()
  const { ours, theirs } = stream(pair)
  const good = seal(ours, TYPE)
  refused(pair.listener, theirs, sized(Buffer.concat([good, new Uint8Array(1)])), 'SEAL_BROKEN', 'a byte more')
  for (const size of [0, 1, 12, 27]) refused(pair.listener, theirs, sized(good.subarray(0, HEADER_BYTES + size)), 'SEAL_BROKEN', `a body of ${size} bytes`)
  // nonce and tag of nothing: long enough, and still no seal
  refused(pair.listener, theirs, sized(good.subarray(0, HEADER_BYTES + 28)), 'SEAL_BROKEN', 'a body of 28 bytes')
})

test('a plain frame, or noise, on a sealed stream closes the connection', () => {
  const pair = sealedPair()
  const { theirs } = stream(pair)
  for (const size of [0, 27, 28, 300]) {
    const plain = plainFrame({ type: TYPE.code, payload: new Uint8Array(size).fill(7), nodeId: ALICE })
    for (const codec of [theirs, pair.listener.stream(false)]) refused(pair.listener, codec, plain, size < 28 ? 'SEAL_BROKEN' : 'FRAME_REPLAYED', `${size} bytes`)
  }
})

test('the last counter is never used: a clear error, nothing sealed, and the frame before it still went through', () => {
  const last = 2n ** 64n - 2n
  const pair = sealedPair()
  const [ours, theirs] = [pair.dialler.stream(true, last), pair.listener.stream(false, last)]
  const good = seal(ours, TYPE, payload(1))
  assert.deepEqual(open(theirs, good, TYPE), payload(1))
  for (let again = 0; again < 3; again++) assert.equal(codeOf(() => seal(ours, TYPE)), 'SESSION_EXHAUSTED')
  assert.equal(pair.dialler.used.frames, 1)
  // nor is it accepted, should a peer use it after all
  const forged = Uint8Array.from(good)
  new DataView(forged.buffer).setBigUint64(HEADER_BYTES + 4, 2n ** 64n - 1n)
  refused(pair.listener, theirs, rechecked(forged), 'FRAME_REPLAYED')
  // answers have a counter of their own
  assert.equal(codeOf(() => seal(theirs, TYPE)), 'nothing thrown')
})

test('a stream that can seal no more asks to be replaced', () => {
  const ours = sealedPair().dialler.stream(true, 2n ** 64n - 1n)
  assert.equal(ours.stale, false)
  assert.equal(codeOf(() => seal(ours, TYPE)), 'SESSION_EXHAUSTED')
  assert.equal(ours.stale, true)
})

test('the low half of the counter carries into the high half, on both sides alike', () => {
  const pair = sealedPair()
  const [ours, theirs] = [pair.dialler.stream(true, 2n ** 32n - 2n), pair.listener.stream(false, 2n ** 32n - 2n)]
  for (let n = 0; n < 4; n++) open(theirs, seal(ours, TYPE), TYPE)
  const next = seal(ours, TYPE)
  assert.equal(new DataView(next.buffer, next.byteOffset).getBigUint64(HEADER_BYTES + 4), 2n ** 32n + 2n)
})

/** A first frame with a stream number of the peer's own choice, sealed with the right keys. */
function numbered (number: number): Uint8Array {
  const { dialler } = sealedPair()
  Object.defineProperty(dialler.epochs.get(0)?.ours, 'draw', { value: () => number })
  return seal(dialler.stream(true), TYPE)
}

test('stream numbers: used ones, those of our own side, zero and those far ahead are refused', () => {
  const pair = sealedPair()
  stream(pair)
  for (const number of [1, 0, 2, 4, 0xff_fffe, 3 + 2 * 4097, 0xff_ffff]) refused(pair.listener, pair.listener.stream(false), numbered(number), 'FRAME_REPLAYED', `number ${number}`)
  open(pair.listener.stream(false), numbered(3 + 2 * 4096), TYPE)
  assert.equal(pair.listener.epochs.get(0)?.theirs.gaps, 4096)
  refused(pair.listener, pair.listener.stream(false), numbered(3 + 2 * 4098), 'FRAME_REPLAYED', 'one gap more')
  // late ones still come in, once each, and make room
  open(pair.listener.stream(false), numbered(3), TYPE)
  refused(pair.listener, pair.listener.stream(false), numbered(3), 'FRAME_REPLAYED', 'a late one twice')
  open(pair.listener.stream(false), numbered(3 + 2 * 4098), TYPE)
  assert.equal(pair.listener.epochs.get(0)?.theirs.gaps, 4096)
})

test('a peer that leaves gaps on purpose is stopped at 4,096 of them, in steps as in one leap', () => {
  const numbers = new StreamNumbers(1)
  let number = 3
  assert.throws(() => { for (;; number += 4) numbers.claim(number) }, { code: 'FRAME_REPLAYED' })
  assert.equal(numbers.gaps, 4096)
  const started = performance.now()
  for (let n = 0; n < 10_000; n++) assert.throws(() => { numbers.claim(0xff_ffff) }, { code: 'FRAME_REPLAYED' })
  assert.ok(performance.now() - started < 2000)
})

test('2^23 streams of one side, then none', () => {
  const numbers = new StreamNumbers(2)
  Array.from({ length: 3 }, () => numbers.draw())
  const end = new StreamNumbers(2)
  for (let n = 2; n <= 0xff_fffe; n += 2) end.draw()
  assert.throws(() => end.draw(), { code: 'SESSION_EXHAUSTED' })
  assert.equal(numbers.draw(), 8)
})

test('what authentic frames say of their sender must hold too, and costs the stream nothing', () => {
  const pair = sealedPair()
  const [liar, theirs] = [sealedPair({ now: () => NOW_MS + 302_000 }).dialler.stream(true), pair.listener.stream(false)]
  assert.equal(codeOf(() => open(theirs, seal(liar, TYPE), TYPE)), 'CLOCK_SKEW')
  assert.equal(codeOf(() => open(theirs, seal(liar, TYPE), TYPE)), 'CLOCK_SKEW', 'the frame before was counted')
  assert.deepEqual(pair.listener.broken, [])
})

test('a sealed frame may be as long as the padded cap and 28 bytes, whatever the level', () => {
  const [ours] = [sealedPair().dialler.stream(true)]
  for (const privacy of ['low', 'medium', 'high'] as const) for (const maxBytes of [0, 1, 256, 257, 5000, 16_384, 16_385, 1 << 20]) {
    const type: FrameType = { code: 1, maxBytes, privacy }
    assert.equal(ours.wireCap(type), paddedSize(maxBytes, privacy) + 28)
    assert.equal(seal(ours, type, new Uint8Array(maxBytes)).length, HEADER_BYTES + ours.wireCap(type))
  }
})

test('the padding is room for zeros, not for a value beyond the cap of its type', () => {
  const type = defineMessage({ name: 'SMALL', code: 0x8001, schema: blob(1000), maxBytes: 8 + 100 })
  const payload = new Uint8Array(paddedSize(type.maxBytes, 'medium'))
  payload[0] = 100
  assert.equal(decodePayload(type, payload, 'zeros').length, 100)
  payload[0] = 101
  assert.equal(codeOf(() => decodePayload(type, payload, 'zeros')), 'MESSAGE_TOO_LARGE')
})
