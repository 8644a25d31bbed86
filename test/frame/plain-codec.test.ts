import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from '../support/fast-check.ts'
import { createPlainCodec, HEADER_BYTES, HEADER_OFFSET, MAX_CLOCK_SKEW_S } from '../../src/frame/index.ts'
import type { FrameType } from '../../src/frame/index.ts'
import { ByteWriter } from '../../src/wire/index.ts'
import { ALICE, BOB, codeOf, flip, frame, NOW_MS } from '../support/frames.ts'

const sender = createPlainCodec({ local: ALICE, remote: BOB, now: () => NOW_MS })
const receiver = createPlainCodec({ local: BOB, remote: ALICE, now: () => NOW_MS })

const typeOf = (code: number): FrameType => ({ code, maxBytes: 3000, privacy: 'low' })

function open (bytes: Uint8Array): Uint8Array {
  return receiver.open(bytes.slice(0, HEADER_BYTES), bytes.subarray(HEADER_BYTES), typeOf(0))
}

function seal (type: number, payload: Uint8Array, before = 0): Uint8Array {
  const writer = new ByteWriter(16)
  writer.putBytes(new Uint8Array(before))
  const start = sender.begin(writer)
  writer.putBytes(payload)
  sender.finish(writer, start, typeOf(type))
  return writer.take().subarray(before)
}

test('what one side writes, at any place of a batch, is the specification\'s frame and opens on the other', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 3000 }), fc.nat(200), (type, payload, before) => {
    const bytes = seal(type, payload, before)
    assert.deepEqual(Buffer.from(bytes), Buffer.from(frame({ type, payload })))
    assert.deepEqual(Buffer.from(open(bytes)), Buffer.from(payload))
  }))
})

test('each flipped checksum byte is CORRUPT_MESSAGE', () => {
  const bytes = frame({ type: 1, payload: Uint8Array.of(1, 2, 3) })
  for (let at = HEADER_OFFSET.checksum; at < HEADER_OFFSET.timestamp; at++) assert.equal(codeOf(() => open(flip(bytes, at))), 'CORRUPT_MESSAGE', `byte ${at}`)
})

test('each flipped payload bit is CORRUPT_MESSAGE', () => {
  const bytes = frame({ type: 1, payload: Uint8Array.from({ length: 32 }, (_, i) => i * 7) })
  for (let at = HEADER_BYTES; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) assert.equal(codeOf(() => open(flip(bytes, at, 1 << bit))), 'CORRUPT_MESSAGE')
  }
})

test('a node_id other than the connection\'s is WRONG_NODE_ID, whichever byte differs', () => {
  assert.equal(codeOf(() => open(frame({ type: 1, nodeId: BOB }))), 'WRONG_NODE_ID')
  assert.equal(codeOf(() => open(frame({ type: 1, nodeId: new Uint8Array(32) }))), 'WRONG_NODE_ID')
  for (let at = HEADER_OFFSET.nodeId; at < HEADER_BYTES; at++) assert.equal(codeOf(() => open(flip(frame({ type: 1 }), at, 0x80))), 'WRONG_NODE_ID')
})

test('frame time: 300 s either way is accepted, 301 s is CLOCK_SKEW', () => {
  const seconds = BigInt(Math.floor(NOW_MS / 1000))
  const skew = BigInt(MAX_CLOCK_SKEW_S)
  for (const timestamp of [seconds - skew, seconds, seconds + skew]) assert.equal(codeOf(() => open(frame({ type: 1, timestamp }))), 'nothing thrown')
  for (const timestamp of [seconds - skew - 1n, seconds + skew + 1n, 0n, 2n ** 63n, 2n ** 64n - 1n]) assert.equal(codeOf(() => open(frame({ type: 1, timestamp }))), 'CLOCK_SKEW', String(timestamp))
})

test('plain frames carry no padding, add nothing to a cap, never grow old and end no stream', () => {
  assert.equal(sender.padding, 'none')
  assert.equal(sender.stale, false)
  assert.equal(sender.fatal.size, 0)
  assert.equal(sender.wireCap(typeOf(0)), 3000)
})

test('a codec for a node id of another length is refused', () => {
  assert.equal(codeOf(() => createPlainCodec({ local: new Uint8Array(31), remote: BOB, now: Date.now })), 'INVALID_VALUE')
})
