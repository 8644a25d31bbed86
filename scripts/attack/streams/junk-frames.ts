import { once } from 'node:events'
import { identify } from '@libp2p/identify'
import type { Stream } from '@libp2p/interface'
import { BLOCK_RESPONSE } from '../../../protocols/index.ts'
import { WRITE_BYTES } from '../../../src/frame/index.ts'
import { limitRow, plainRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import { LARGEST, OPENABLE } from './carried.ts'
import { whileHonestPings } from './honest.ts'
import { startHostile, withHostiles } from './hostile.ts'
import type { Hostile } from './hostile.ts'
import { withTarget } from './target.ts'
import type { Target } from './target.ts'

const FRAMES = 80
const PING_MS = 2000
const GROWTH_MIB = 64
const BLOCKS = OPENABLE.find(({ protocol }) => protocol.includes('/blocks/'))?.protocol as string

/** SECURITY L1: 80 junk frames of the largest size each stream takes, unasked on a stem and as answers to the node's own question for blocks. */
export async function junkFrames (): Promise<Row[]> {
  return [
    ...await unaskedJunk(),
    ...await withTarget(target => measure(target, `${FRAMES} junk frames of 5 MiB as answers`, () => answerWithJunk(target.address)))
  ]
}

/** The first half of `junkFrames`: what one peer sends by itself. `label` goes before the names of the rows. */
export async function unaskedJunk (label = ''): Promise<Row[]> {
  return await withTarget(target => measure(target, `${label}${FRAMES} junk frames of 1 MiB unasked`, async () => {
    await withHostiles(target.address, 1, async ([peer]) => {
      const raw = await (peer as Hostile).open(LARGEST.protocol)
      await sendAll(raw.stream, junk(peer as Hostile, LARGEST.type))
    })
  }))
}

async function measure ({ address, growth }: Target, what: string, attack: () => Promise<unknown>): Promise<Row[]> {
  let honest = { pings: 0, worstMs: 0 }
  let tookMs = 0
  const grown = await growth(async () => {
    honest = await whileHonestPings(address, 250, async () => {
      const start = performance.now()
      await attack()
      tookMs = performance.now() - start
    })
  })
  return [
    plainRow(`${what}: sent in`, tookMs, 'ms'),
    limitRow(`${what}: worst of ${honest.pings} pings of another peer`, honest.worstMs, 'ms', PING_MS),
    limitRow(`${what}: memory growth at its peak`, grown, 'MiB', GROWTH_MIB)
  ]
}

/** A frame with a good header and checksum, right tag, and noise inside. */
function junk (peer: Hostile, { code, tag, maxBytes }: typeof LARGEST['type']): Uint8Array {
  const payload = new Uint8Array(maxBytes).fill(0xa5)
  payload.set([tag ?? 0, 0, 0, 0])
  return peer.frame({ type: code, payload })
}

/** Returns when all is sent or the stream is closed on us. */
async function sendAll (stream: Stream, frame: Uint8Array): Promise<void> {
  const closed = once(stream, 'close')
  for (let sent = 0; sent < FRAMES; sent++) {
    for (let at = 0; at < frame.length; at += WRITE_BYTES) {
      if (stream.status !== 'open' || stream.writeStatus !== 'writable') return
      if (!stream.send(frame.subarray(at, at + WRITE_BYTES))) await Promise.race([once(stream, 'drain'), closed])
    }
  }
  await stream.close()
}

/** A peer that claims to serve blocks: the node asks it, and every question is answered with junk. */
async function answerWithJunk (address: string): Promise<void> {
  const done = Promise.withResolvers<void>()
  const peer: Hostile = await startHostile(address, { identify: identify() }, async node => {
    await node.handle(BLOCKS, async stream => {
      await once(stream, 'message')
      await sendAll(stream, junk(peer, BLOCK_RESPONSE))
      done.resolve()
    })
  })
  await done.promise
  await peer.stop()
}
