import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { stockWireOptions } from '../../../src/node/transport/stock-wire.ts'
import type { Dials } from './honest-dials.ts'

const ANSWER_MS = 2000

/** Well-behaved newcomers on a thread of their own: each dials and pings once, from an address and with a key that nobody else has. */
const { address, count, everyMs } = workerData as { address: string, count: number, everyMs: number }
const nodes = await Promise.all(Array.from({ length: count }, (_, i) => createLibp2p({
  // TCP options of node:net, which libp2p passes through without naming them in its type
  ...stockWireOptions(), transports: [tcp({ dialOpts: { localAddress: `127.250.${i}.1` } as object })],
  addresses: { listen: [] }, connectionMonitor: { enabled: false }, services: { ping: ping() }
})))
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
parentPort?.postMessage('ready')
await once(parentPort as NonNullable<typeof parentPort>, 'message')

const times = await Promise.all(nodes.map(async (node, i) => {
  await delay(i * everyMs)
  const start = performance.now()
  try {
    const signal = AbortSignal.timeout(5 * ANSWER_MS)
    const connection = await node.dial(multiaddr(address), { signal })
    // an answer shows that the other side is through with its handshake too
    await node.services.ping.ping(connection.remotePeer, { signal })
    return performance.now() - start
  } catch {
    return Infinity
  } finally {
    await node.stop()
  }
}))
const dials: Dials = { succeeded: times.filter(ms => ms <= ANSWER_MS).length, worstMs: Math.max(...times) }
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
parentPort?.postMessage(dials)
parentPort?.close()
