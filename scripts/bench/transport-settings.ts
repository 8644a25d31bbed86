import { yamux } from '@chainsafe/libp2p-yamux'
import { noise } from '@chainsafe/libp2p-noise'
import { tcp } from '@libp2p/tcp'
import type { Libp2pOptions } from 'libp2p'

/** The product's transport for a bench node on loopback. */
export async function benchTransport (): Promise<Libp2pOptions> {
  return { addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] }
}
