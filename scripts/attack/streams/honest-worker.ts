import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { PONG } from '../../../protocols/index.ts'
import { decodePayload } from '../../../src/protocol/index.ts'
import { PING_PROTOCOL } from './carried.ts'
import { startHostile } from './hostile.ts'

/** A well-behaved peer on a thread of its own: pings at an even pace until it is told to stop, then tells the times. */
const { address, pings, everyMs } = workerData as { address: string, pings: number, everyMs: number }
const peer = await startHostile(address)
const stream = await peer.open(PING_PROTOCOL)
const stopping = new AbortController()
parentPort?.once('message', () => { stopping.abort() })
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
parentPort?.postMessage('connected')

const times: number[] = []
for (let nonce = 1n; nonce <= pings && !(stopping.signal.aborted && times.length >= 20); nonce++) {
  const start = performance.now()
  stream.write(peer.ping(nonce))
  const { type, payload } = await stream.next()
  if (type !== PONG.code || decodePayload(PONG, payload).nonce !== nonce) throw new Error(`ping ${nonce} was answered with type 0x${type.toString(16)}`)
  times.push(performance.now() - start)
  await delay(stopping.signal.aborted ? 0 : everyMs)
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
parentPort?.postMessage(times)
await peer.stop()
