import { setTimeout as delay } from 'node:timers/promises'
import { limitRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import { OPENABLE, STREAMS_PER_PROTOCOL } from './carried.ts'
import { whileHonestPings } from './honest.ts'
import type { Hostile } from './hostile.ts'
import { withHostiles } from './hostile.ts'
import { withTarget } from './target.ts'

const STREAMS = 1000
const CLOSED_MS = 5000
const PING_MS = 2000
/** While a thousand streams and 34 connections stand; SECURITY L2 allows as much. */
const GROWTH_MIB = 128
/** Held once they are gone: what was compiled, and limiters of 34 peers. */
const LEFT_MIB = 8
const GIVE_UP_MS = 10_000
const UNNEGOTIATED = 60

/** One byte a second on as many streams as the limits let anybody build, and on streams that never agree on a protocol. */
export async function slowStreams (): Promise<Row[]> {
  return await withTarget(async ({ address, growth, liveHeap, tables }) => {
    const before = await liveHeap()
    const ages: number[] = []
    const negotiating: number[] = []
    let honest = { pings: 0, worstMs: 0 }
    const grown = await growth(async () => {
      honest = await whileHonestPings(address, 250, () => withHostiles(address, Math.ceil(STREAMS / OPENABLE.length / STREAMS_PER_PROTOCOL) + 1, async ([first, ...peers]) => {
        const drips = [...Array.from({ length: UNNEGOTIATED }, async () => { negotiating.push(await dripUnnegotiated(first as Hostile)) }), ...peers.flatMap(dripAll)]
        ages.push(...(await Promise.all(drips)).filter(age => age !== undefined))
      }))
    })
    const left = Object.values(await tables()).reduce((sum, { inbound = 0, streams = 0 }) => sum + inbound + streams, 0)
    return [
      limitRow(`slow streams: longest life of ${ages.length}`, ages.length >= STREAMS ? Math.max(...ages) : NaN, 'ms', CLOSED_MS),
      limitRow(`slow streams: longest life of ${negotiating.length} that agree on nothing`, Math.max(...negotiating), 'ms', CLOSED_MS),
      limitRow('slow streams: left in the tables beside the honest one', Math.max(0, left - 1), 'streams', 0),
      limitRow(`slow streams: worst of ${honest.pings} pings of another peer`, honest.worstMs, 'ms', PING_MS),
      limitRow('slow streams: memory growth at its peak', grown, 'MiB', GROWTH_MIB),
      limitRow('slow streams: growth of the live heap afterwards', await liveHeap() - before, 'MiB', LEFT_MIB)
    ]
  })
}

function dripAll (peer: Hostile): Array<Promise<number>> {
  return OPENABLE.flatMap(({ protocol, type }) => Array.from({ length: STREAMS_PER_PROTOCOL }, async () => {
    const raw = await peer.open(protocol)
    return await drip(peer.frame({ type: type.code, length: type.maxBytes }), bytes => { raw.write(bytes) }, raw.closed)
  }))
}

async function dripUnnegotiated (peer: Hostile): Promise<number> {
  const stream = await peer.openUnnegotiated()
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  stream.addEventListener('close', () => { resolve() })
  return await drip(Buffer.from('\x13/multistream/1.0.0\n'), bytes => { stream.send(bytes) }, closed)
}

/** Sends a byte a second until the stream is closed; returns how long that took, ms. */
async function drip (bytes: Uint8Array, write: (bytes: Uint8Array) => void, closed: Promise<unknown>): Promise<number> {
  const start = performance.now()
  let at = 0
  const send = (): void => { write(bytes.subarray(at, ++at)) }
  send()
  const timer = setInterval(send, 1000)
  const end = await Promise.race([closed, delay(GIVE_UP_MS, 'open')]).finally(() => { clearInterval(timer) })
  return end === 'open' ? Infinity : performance.now() - start
}
