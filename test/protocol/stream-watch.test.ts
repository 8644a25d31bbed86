import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FrameStream } from '../../src/frame/index.ts'
import { StreamWatch } from '../../src/protocol/stream-watch.ts'

/** What the watch reads of a stream: 100 bytes of a frame are here, and no more come. */
function stuck (): { readonly stream: FrameStream, readonly ended: string[] } {
  const ended: string[] = []
  const stream = { partialBytes: 100, paused: false, framesRead: 0, stale: false, abort: (code: string) => { ended.push(code) } }
  return { stream: stream as unknown as FrameStream, ended }
}

// when the watch looks, s; whether the frame that stopped at 0 s is given up
const LOOKS: ReadonlyArray<readonly [string, readonly number[], boolean]> = [
  ['a frame that stands still is given up', [0, 1, 2, 3], true],
  ['not while our own loop stood still', [0, 1, 4], false],
  ['nor by the first look ever', [9], false],
  ['but later, when it stands still while we look', [0, 1, 4, 5, 6], true]
]
for (const [what, looks, expected] of LOOKS) {
  test(`the watch over streams: ${what}`, () => {
    const watch = new StreamWatch()
    const { stream, ended } = stuck()
    watch.add(stream, true, 0)
    for (const at of looks) watch.check(at * 1000)
    assert.equal(ended.includes('SLOW_STREAM'), expected)
  })
}
