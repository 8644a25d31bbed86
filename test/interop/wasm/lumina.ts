import { parentPort, workerData } from 'node:worker_threads'

// A light node of another network, rust-libp2p compiled for browsers, run in a thread of its own: it dials the bootnodes of `workerData`
// over web sockets. It asks for a window to find the name of its browser; Node has a `navigator`, and no window.
Object.assign(globalThis, { Window: Object.defineProperty(() => {}, Symbol.hasInstance, { value: (value: unknown) => value === globalThis }) })
const { Network, NodeClient, NodeConfig, NodeWorker } = await import('lumina-node-wasm')

const { port1, port2 } = new MessageChannel()
void new NodeWorker(port1).run()
const client = await new NodeClient(port2)
const config = NodeConfig.default(Network.Private)
config.bootnodes = (workerData as { readonly bootnodes: string[] }).bootnodes
config.usePersistentMemory = false
await client.start(config)
await client.waitConnected()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a thread, not a window
parentPort?.postMessage({ peerId: await client.localPeerId() })
