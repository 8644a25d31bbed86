import { setTimeout as delay } from 'node:timers/promises'
import { PONG } from '../../../protocols/index.ts'
import { ERROR } from '../../../src/protocol/index.ts'
import { HEADER_OFFSET } from '../../../src/frame/index.ts'
import { flip } from '../../../test/support/frames.ts'
import { limitRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import { PING_PROTOCOL } from './carried.ts'
import { whileHonestPings } from './honest.ts'
import type { Hostile } from './hostile.ts'
import { withHostiles } from './hostile.ts'
import type { Target } from './target.ts'

const CHECKSUM_BYTES = 8
const CLOSED_MS = 1000
const PING_MS = 2000

/** Each of the checksum's bytes flipped: twice the connection stays and works, the third time it closes; another peer notices nothing. */
export async function checksumDamage ({ address, incidents }: Target): Promise<Row[]> {
  let wrong = 0
  let slowest = 0
  const { pings, worstMs } = await whileHonestPings(address, 100, () => withHostiles(address, CHECKSUM_BYTES, async peers => {
    for (const [at, peer] of peers.entries()) {
      const { survived, closedMs } = await damage(peer, HEADER_OFFSET.checksum + at)
      if (!survived) wrong++
      slowest = Math.max(slowest, closedMs)
    }
  }))
  const { CORRUPT_MESSAGE: counted = 0 } = await incidents()
  return [
    limitRow('checksum damage: connections that did not survive two damaged frames', wrong, 'of 8', 0),
    limitRow('checksum damage: slowest close after the third', slowest, 'ms', CLOSED_MS),
    limitRow('checksum damage: damaged frames not counted', Math.abs(3 * CHECKSUM_BYTES - counted), 'of 24', 0),
    limitRow(`checksum damage: worst of ${pings} pings of another peer`, worstMs, 'ms', PING_MS)
  ]
}

async function damage (peer: Hostile, at: number): Promise<{ survived: boolean, closedMs: number }> {
  const raw = await peer.open(PING_PROTOCOL)
  const types: number[] = []
  for (let nonce = 1n; nonce <= 2n; nonce++) {
    raw.write(flip(peer.ping(nonce), at))
    types.push((await raw.next()).type)
  }
  raw.write(peer.ping(3n))
  types.push((await raw.next()).type)
  const survived = peer.connection.status === 'open' && types.join() === [ERROR.code, ERROR.code, PONG.code].join()

  const { promise: closed, resolve } = Promise.withResolvers<string>()
  peer.connection.addEventListener('close', () => { resolve('closed') })
  const start = performance.now()
  raw.write(flip(peer.ping(4n), at))
  const end = await Promise.race([closed, delay(2 * CLOSED_MS, 'open')])
  return { survived, closedMs: end === 'closed' ? performance.now() - start : Infinity }
}
