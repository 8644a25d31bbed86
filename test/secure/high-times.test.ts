import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEADER_OFFSET } from '../../src/frame/index.ts'
import type { FrameType } from '../../src/frame/index.ts'
import { codeOf, NOW_MS } from '../support/frames.ts'
import { open, seal, sealedPair } from '../support/sealed-pair.ts'

const typeOf = (privacy: FrameType['privacy']): FrameType => ({ code: 0x8001, maxBytes: 4096, privacy })

/** What the header of a frame says that is sealed at `ms`. */
function timeOf (ms: number, privacy: FrameType['privacy']): number {
  const frame = seal(sealedPair({ now: () => ms }).dialler.stream(true), typeOf(privacy), new Uint8Array(10))
  return Number(new DataView(frame.buffer, frame.byteOffset).getBigUint64(HEADER_OFFSET.timestamp, true))
}

test('frames of privacy high tell the time in steps of 100 s, others by the second', () => {
  const start = Math.ceil(NOW_MS / 100_000) * 100_000
  const high = Array.from({ length: 200 }, (_, s) => timeOf(start + s * 1000, 'high'))
  assert.deepEqual(new Set(high), new Set([0, 100, 200].map(s => start / 1000 + s)))
  assert.equal(high.filter(time => time === start / 1000 + 100).length, 100)
  for (const privacy of ['low', 'medium'] as const) assert.equal(timeOf(start + 17_900, privacy), start / 1000 + 17)
})

test('the rounding costs a peer nothing of the skew that is allowed', () => {
  for (const [privacy, aheadMs, code] of [['high', 300_000, undefined], ['high', 402_000, 'CLOCK_SKEW'], ['low', 302_000, 'CLOCK_SKEW']] as const) {
    const start = Math.ceil(NOW_MS / 100_000) * 100_000 - 50_000
    const theirs = sealedPair({ now: () => start }).listener.stream(false)
    const frame = seal(sealedPair({ now: () => start + aheadMs }).dialler.stream(true), typeOf(privacy), new Uint8Array(10))
    if (code === undefined) assert.doesNotThrow(() => open(theirs, frame, typeOf(privacy)))
    else assert.equal(codeOf(() => open(theirs, frame, typeOf(privacy))), code, privacy)
  }
})
