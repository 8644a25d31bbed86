import { setTimeout as delay } from 'node:timers/promises'
import { limitRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import { LARGEST, OPENABLE, STREAMS_PER_PROTOCOL } from './carried.ts'
import type { Hostile } from './hostile.ts'
import { mustAnswer, withHostiles } from './hostile.ts'
import { withTarget } from './target.ts'

const CLOSED_MS = 1000
const GROWTH_MIB = 16
const ROUNDS = { short: 10, long: 200 } as const
const EMPTY_STREAMS = 64
const HELD_MS = 1500

/** Headers that announce more than their type's cap, and headers of exactly the cap with nothing behind them. */
export async function lengthBombs (long: boolean): Promise<Row[]> {
  return await withTarget(async ({ address, growth }) => {
    let slowest = 0
    const bombs = await growth(async () => {
      await withHostiles(address, 1, async ([peer]) => {
        for (let round = 0; round < (long ? ROUNDS.long : ROUNDS.short); round++) slowest = Math.max(slowest, await throwAll(peer as Hostile))
        await mustAnswer(peer as Hostile)
      })
    })
    let opened = 0
    const promises = await growth(() => withHostiles(address, EMPTY_STREAMS / OPENABLE.length / STREAMS_PER_PROTOCOL, async peers => {
      for (const peer of peers) opened += await promiseMuch(peer)
      await delay(HELD_MS)
      await withHostiles(address, 1, ([other]) => mustAnswer(other as Hostile))
    }))
    return [
      limitRow('length bombs: slowest close of a stream', slowest, 'ms', CLOSED_MS),
      limitRow('length bombs: memory growth at its peak', bombs, 'MiB', GROWTH_MIB),
      limitRow(`the cap announced, nothing sent, ${opened} streams: memory growth`, promises, 'MiB', GROWTH_MIB)
    ]
  })
}

/** Milliseconds of the slowest close. */
async function throwAll (peer: Hostile): Promise<number> {
  const bombs = [...OPENABLE, LARGEST].flatMap(({ protocol, type }) => [type.maxBytes + 1, 2 ** 31, 2 ** 32 - 1].map(length => ({ protocol, type: type.code, length })))
  let slowest = 0
  for (const { protocol, type, length } of bombs) {
    const raw = await peer.open(protocol)
    const start = performance.now()
    raw.write(peer.frame({ type, length }))
    if (await Promise.race([raw.closed, delay(2 * CLOSED_MS, 'open')]) === 'open') return Infinity
    slowest = Math.max(slowest, performance.now() - start)
  }
  return slowest
}

async function promiseMuch (peer: Hostile): Promise<number> {
  let opened = 0
  for (const { protocol, type } of OPENABLE.map(carried => carried.protocol === LARGEST.protocol ? LARGEST : carried)) {
    for (let i = 0; i < STREAMS_PER_PROTOCOL; i++) {
      const raw = await peer.open(protocol)
      raw.write(peer.frame({ type: type.code, length: type.maxBytes }))
      opened++
    }
  }
  return opened
}
