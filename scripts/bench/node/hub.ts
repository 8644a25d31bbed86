import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { createLibp2p } from 'libp2p'
import { silentLogger, stockWireOptions, TRANSPORT_LIMITS, wireOptions } from '../../../src/node/transport/index.ts'

/** A node whose memory is watched: prints its address, then its resident size after a collection for each line it is given. */
const tuned = process.argv[2] === 'tuned'
const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  ...(tuned ? { ...wireOptions(TRANSPORT_LIMITS), logger: silentLogger } : stockWireOptions()),
  connectionMonitor: { enabled: false },
  connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxIncomingPendingConnections: 1_000, maxConnections: 1_000 },
  services: { identify: identify(), ping: ping() }
})
process.stdout.write(`${node.getMultiaddrs()[0]?.toString()}\n`)

const input = createInterface(process.stdin)
input.on('line', () => {
  // twice, because what the first collection finalises is freed by the second
  globalThis.gc?.()
  globalThis.gc?.()
  process.stdout.write(`${process.memoryUsage.rss()} ${node.getConnections().length}\n`)
})
await once(input, 'close')
await node.stop()
process.exit(0)
