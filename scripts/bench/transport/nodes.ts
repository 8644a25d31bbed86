import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { silentLogger, stockWireOptions, TRANSPORT_LIMITS, wireOptions } from '../../../src/node/transport/index.ts'

/** The two transports compared: as libp2p's documentation sets it up, and as this project does. */
export const WIRES = ['stock', 'tuned'] as const
export type Wire = typeof WIRES[number]

/** A node on loopback that differs in its transport only; limits that would refuse the load are lifted on both. */
export async function wireNode (wire: Wire): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    ...(wire === 'stock' ? stockWireOptions() : { ...wireOptions(TRANSPORT_LIMITS), logger: silentLogger }),
    connectionMonitor: { enabled: false },
    connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxIncomingPendingConnections: 1_000 }
  })
}
