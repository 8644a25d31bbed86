import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { FrameCodec, FrameType } from '../../src/frame/index.ts'
import { createTrafficMeter } from '../../src/peers/measures/index.ts'
import { nodeIdToPeerId, plainCarriers } from '../../src/protocol/index.ts'
import { ByteWriter } from '../../src/wire/index.ts'

const [local, remote] = [nodeIdToPeerId(new Uint8Array(32).fill(1)), nodeIdToPeerId(new Uint8Array(32).fill(2))]
const TYPE: FrameType = { code: 0x8001, maxBytes: 1000, privacy: 'low' }
const peer = remote.toString()

function frame (codec: FrameCodec, bytes: number): Uint8Array {
  const writer = new ByteWriter(64)
  const start = codec.begin(writer)
  writer.putBytes(new Uint8Array(bytes))
  codec.finish(writer, start, TYPE)
  return writer.bytes.slice(0, writer.length)
}

test('frames and bytes are counted per peer over its connections, what is damaged too, and the last minute apart', () => {
  let now = 0
  const meter = createTrafficMeter({ clock: () => now })
  const carriers = meter.carriers(plainCarriers(() => 1_800_000_000_000))('/tos/devnet/x/1.0.0')
  const codecTo = (other: string): FrameCodec => carriers[0]?.codec({} as Stream, { remotePeer: peerIdFromString(other) } as Connection, local) as FrameCodec
  const [first, second] = [codecTo(peer), codecTo(peer)]
  frame(first, 40)
  frame(second, 0)
  assert.deepEqual(meter.of(peer), { messagesIn: 0, messagesOut: 2, bytesIn: 0, bytesOut: 160, recentMessages: 0, recentBytes: 0 })
  // as the other side writes them
  const theirs = plainCarriers(() => 1_800_000_000_000)('/tos/devnet/x/1.0.0')[0]?.codec({} as Stream, { remotePeer: local } as Connection, remote) as FrameCodec
  const bytes = frame(theirs, 40)
  const body = (): Uint8Array => bytes.slice(60)
  first.open(bytes.slice(0, 60), body(), TYPE)
  assert.throws(() => second.open(bytes.slice(0, 60), body().fill(9), TYPE), { code: 'CORRUPT_MESSAGE' })
  const { messagesIn, bytesIn, recentMessages, recentBytes } = meter.of(peer)
  assert.deepEqual([messagesIn, bytesIn, recentMessages, recentBytes], [2, 200, 2, 200])
  now = 90_000
  assert.deepEqual([meter.of(peer).recentMessages, meter.of(peer).recentBytes, meter.of(peer).messagesIn], [1, 100, 2], 'half of the minute before')
  now = 180_000
  assert.equal(meter.of(peer).recentMessages, 0)
  assert.equal(meter.of(local.toString()).messagesOut, 0)
})
