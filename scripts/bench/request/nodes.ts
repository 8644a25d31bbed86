import { yamux } from '@chainsafe/libp2p-yamux'
import { noise } from '@chainsafe/libp2p-noise'
import { fetch } from '@libp2p/fetch'
import type { Fetch } from '@libp2p/fetch'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { createKernel } from '../../../src/protocol/index.ts'
import type { ProtocolService } from '../../../src/protocol/index.ts'
import { benchTransport } from '../transport-settings.ts'
import { echo } from './echo.ts'
import type { Echo } from './echo.ts'

/** Limits that no contender hits; the same for both. */
const OPEN = { connectionManager: { inboundConnectionThreshold: 10_000, maxIncomingPendingConnections: 1000 }, connectionMonitor: { enabled: false } } as const

/** A libp2p node as its documentation sets it up, with `@libp2p/fetch`. */
export async function stockNode (): Promise<Libp2p<{ fetch: Fetch }>> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()],
    ...OPEN, services: { fetch: fetch({ maxInboundStreams: 1000, maxOutboundStreams: 1000 }) }
  })
}

/** Ours: the tuned transport and a kernel with one protocol. */
export async function tosNode (): Promise<Libp2p<{ echo: ProtocolService<Echo, Echo> }>> {
  const kernel = createKernel({ network: 'devnet' })
  return createLibp2p({ ...await benchTransport(), ...OPEN, services: { echo: kernel.mount(echo) } })
}
