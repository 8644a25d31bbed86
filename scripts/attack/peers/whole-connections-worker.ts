import { parentPort, workerData } from 'node:worker_threads'
import { startHostile } from '../streams/hostile.ts'

/** Connects and leaves until it is told to stop, each time under a new identity; then tells how often it was let in. */
const { address, atOnce } = workerData as { address: string, atOnce: number }
const port = parentPort as NonNullable<typeof parentPort>
const stopping = new AbortController()
let made = 0
port.once('message', () => { stopping.abort() })

await Promise.all(Array.from({ length: atOnce }, async () => {
  while (!stopping.signal.aborted) {
    try {
      const peer = await startHostile(address)
      made++
      await peer.stop()
    } catch {
      // turned away: the next one tries
    }
  }
}))
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
port.postMessage(made)
