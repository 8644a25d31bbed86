import assert from 'node:assert/strict'
import { test } from 'node:test'
import { streamPair } from '@libp2p/utils'
import { FrameStream, HEADER_BYTES, HEADER_OFFSET } from '../../src/frame/index.ts'
import type { FrameType } from '../../src/frame/index.ts'
import { flip } from '../support/frames.ts'
import { seal, sealedPair } from '../support/sealed-pair.ts'
import type { SealedPair } from '../support/sealed-pair.ts'

// two types of one stream that differ in one bit, and one that it does not carry
const QUESTION: FrameType = { code: 0x8002, maxBytes: 4096, privacy: 'medium' }
const TYPES: readonly FrameType[] = [QUESTION, { ...QUESTION, code: 0x8003 }]
const FOREIGN: FrameType = { ...QUESTION, code: 0x9000 }

interface Seen { readonly messages: string[], readonly dropped: string[], closed: string | undefined, readonly broken: string[] }

/** What the listener makes of these bytes, after a good first frame and before a good last one. */
async function seen (change: (pair: SealedPair, send: (type: FrameType, text: string) => Uint8Array) => Uint8Array[]): Promise<Seen> {
  const pair = sealedPair()
  const sending = pair.dialler.stream(true)
  const frame = (type: FrameType, text: string): Uint8Array => seal(sending, type, Buffer.from(text))
  const [near, far] = await streamPair({ delay: 0, capacity: 1 << 20 })
  const found: Seen = { messages: [], dropped: [], closed: undefined, broken: [] }
  const over = Promise.withResolvers<void>()
  void new FrameStream(far, pair.listener.stream(false), {
    type: code => TYPES.find(type => type.code === code),
    message: (_code, payload) => { found.messages.push(Buffer.from(payload).toString().replaceAll('\0', '')) },
    dropped: error => { found.dropped.push(error.code) },
    ended: () => { over.resolve() },
    closed: error => { found.closed = error?.code; over.resolve() }
  })
  near.send(Buffer.concat([frame(QUESTION, 'first'), ...change(pair, frame), frame(QUESTION, 'last')]))
  near.close().catch(() => {})
  await over.promise
  const result = { ...found, broken: pair.listener.broken.map(({ code }) => code) }
  near.abort(new Error('done'))
  far.abort(new Error('done'))
  return result
}

const whole: Seen = { messages: ['first', 'second', 'last'], dropped: [], closed: undefined, broken: [] }
const cut = (closed: string, broken: string[] = [closed]): Seen => ({ messages: ['first'], dropped: [], closed, broken })

test('nothing changed: all frames arrive', async () => {
  assert.deepEqual(await seen((_pair, frame) => [frame(QUESTION, 'second')]), whole)
})

test('each byte of the header, flipped, ends the stream or the connection, and nothing after it is read', async () => {
  for (let at = 0; at < HEADER_BYTES; at++) {
    for (const mask of [1, 0x40]) {
      const found = await seen((_pair, frame) => [flip(frame(QUESTION, 'second'), at, mask)])
      const expected = at < HEADER_OFFSET.version ? cut('WRONG_MAGIC', [])
        : at < HEADER_OFFSET.type ? cut('INCOMPATIBLE_VERSION', [])
          : at < HEADER_OFFSET.length ? cut('SEAL_BROKEN')
            : at < HEADER_OFFSET.checksum ? lengthFlip(at, mask)
              : at < HEADER_OFFSET.timestamp ? cut('CORRUPT_MESSAGE') : cut('SEAL_BROKEN')
      assert.deepEqual(found, expected, `byte ${at}, mask ${mask}`)
    }
  }
})

/** A body of 284 bytes: a bit of its length more or less. */
function lengthFlip (at: number, mask: number): Seen {
  const length = 256 + 28
  const wrong = length ^ mask << 8 * (at - HEADER_OFFSET.length)
  // beyond the cap: refused before it is read; else its bytes are the wrong ones
  return wrong < 0 || wrong > 4096 + 28 ? cut('MESSAGE_TOO_LARGE', []) : wrong > 2 * length + HEADER_BYTES ? { ...cut('', []), closed: undefined, dropped: ['TRUNCATED'] } : cut('CORRUPT_MESSAGE')
}

test('a type changed to another that the stream carries is a forgery', async () => {
  assert.deepEqual(await seen((_pair, frame) => [flip(frame(QUESTION, 'second'), HEADER_OFFSET.type, 1)]), cut('SEAL_BROKEN'))
})

test('a type changed to one the stream does not carry is a forgery, and no frame to be skipped', async () => {
  for (const mask of [0x10, 0x80]) assert.deepEqual(await seen((_pair, frame) => [flip(frame(QUESTION, 'second'), HEADER_OFFSET.type, mask)]), cut('SEAL_BROKEN'))
})

test('an authentic frame of a type the stream does not carry is counted, reported, and the stream goes on', async () => {
  assert.deepEqual(await seen((_pair, frame) => [frame(FOREIGN, 'second')]), { messages: ['first', 'last'], dropped: ['UNKNOWN_TYPE'], closed: undefined, broken: [] })
})

test('a foreign frame repeated is a replay like any other', async () => {
  const { closed, dropped } = await seen((_pair, frame) => { const foreign = frame(FOREIGN, 'second'); return [foreign, foreign] })
  assert.deepEqual([closed, dropped], ['FRAME_REPLAYED', ['UNKNOWN_TYPE']])
})

test('a foreign frame on its first place names the stream as any other would', async () => {
  const pair = sealedPair()
  const [near, far] = await streamPair({ delay: 0, capacity: 1 << 20 })
  const dropped = Promise.withResolvers<string>()
  void new FrameStream(far, pair.listener.stream(false), { type: () => undefined, message () {}, dropped: error => { dropped.resolve(error.code) }, ended () {}, closed () {} })
  near.send(seal(pair.dialler.stream(true), FOREIGN))
  assert.equal(await dropped.promise, 'UNKNOWN_TYPE')
  assert.throws(() => { pair.listener.epochs.get(0)?.theirs.claim(1) }, { code: 'FRAME_REPLAYED' })
  near.abort(new Error('done'))
})

test('a stream that ends inside a sealed frame says so', async () => {
  const pair = sealedPair()
  const [near, far] = await streamPair({ delay: 0, capacity: 1 << 20 })
  const dropped = Promise.withResolvers<string>()
  void new FrameStream(far, pair.listener.stream(false), { type: () => QUESTION, message () {}, dropped: error => { dropped.resolve(error.code) }, ended () {}, closed () {} })
  near.send(seal(pair.dialler.stream(true), QUESTION).subarray(0, -1))
  await near.close()
  assert.equal(await dropped.promise, 'TRUNCATED')
  near.abort(new Error('done'))
})
