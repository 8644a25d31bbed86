import { setTimeout } from 'node:timers/promises'
import type { Connection, Stream } from '@libp2p/interface'
import { drained, MESSAGE_BYTES, onMessages, sendEach, sendPerTick } from './streams.ts'

const done = new Error('measured')

/** Bulk over one stream: MB/s. `chunk` bytes a write. */
export async function bulk (connection: Connection, chunk: number, megabytes: number): Promise<number> {
  const stream = await connection.newStream('/bench/sink')
  const count = Math.ceil(megabytes * 1e6 / chunk)
  const buffer = new Uint8Array(chunk)
  const total = count * chunk
  const answer = new Promise<void>((resolve, reject) => {
    stream.addEventListener('message', () => { resolve() }, { once: true })
    stream.addEventListener('close', ({ error }) => { reject(error ?? new Error('closed early')) }, { once: true })
  })
  const head = new Uint8Array(8)
  new DataView(head.buffer).setBigUint64(0, BigInt(total + 8))
  const start = performance.now()
  stream.send(head)
  for (let i = 0; i < count; i++) if (!stream.send(buffer)) await drained(stream)
  await answer
  const seconds = (performance.now() - start) / 1_000
  stream.abort(done)
  return total / 1e6 / seconds
}

/** Echo with a fixed number in flight on one stream: messages per second. */
export async function echo (connection: Connection, how: 'each' | 'tick', messages: number, inFlight = 64): Promise<number> {
  const stream = await connection.newStream(`/bench/${how}`)
  const send = how === 'each' ? sendEach(stream) : sendPerTick(stream)
  const message = new Uint8Array(MESSAGE_BYTES)
  const start = performance.now()
  await new Promise<void>((resolve, reject) => {
    let sent = 0
    let received = 0
    onMessages(stream, () => {
      if (++received === messages) resolve()
      else if (sent < messages) { sent++; send(message) }
    })
    stream.addEventListener('close', ({ error }) => { reject(error ?? new Error('closed early')) }, { once: true })
    for (; sent < Math.min(inFlight, messages); sent++) send(message)
  })
  const perSecond = messages / ((performance.now() - start) / 1_000)
  stream.abort(done)
  return perSecond
}

/** Round trips of one message on another stream of the connection while `load` runs: milliseconds, sorted. */
export async function roundTripsDuring (connection: Connection, load: () => Promise<unknown>): Promise<number[]> {
  const stream: Stream = await connection.newStream('/bench/each')
  const times: number[] = []
  let arrived = (): void => {}
  onMessages(stream, () => { arrived() })
  const state = { busy: true }
  const running = load().finally(() => { state.busy = false })
  while (state.busy) {
    const start = performance.now()
    await new Promise<void>(resolve => { arrived = resolve; stream.send(new Uint8Array(MESSAGE_BYTES)) })
    times.push(performance.now() - start)
    // a probe, not a second load
    await setTimeout(2)
  }
  await running
  stream.abort(done)
  return times.sort((a, b) => a - b)
}
