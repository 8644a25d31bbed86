import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'

/** A plain libp2p node on loopback that serves the DHT of `network` and knows nothing else of TOS. */
export async function startPlainDht (network: string): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY },
    // the id is spelled out: this node shares nothing with ours
    services: { identify: identify(), ping: ping(), dht: kadDHT({ protocol: `/tos/${network}/kad/1.0.0`, clientMode: false, peerInfoMapper: passthroughMapper }) }
  })
}
