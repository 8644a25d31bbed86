import { parentPort, workerData } from 'node:worker_threads'
import { start } from 'smoldot'
import { checkpointSpec } from './checkpoint.ts'

// A light client of Polkadot's kind, with a libp2p of its own in Rust, in a thread of its own because its timers outlive it. It joins a chain
// whose boot node is `workerData.address` and posts what its network says.
const DEBUG = 4
const client = start({
  maxLogLevel: DEBUG,
  logCallback (_level, target, message) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a thread, not a window
    if (target === 'network') parentPort?.postMessage(message)
  }
})
await client.addChain({ chainSpec: checkpointSpec((workerData as { readonly address: string }).address), disableJsonRpc: true })
