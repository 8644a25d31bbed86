import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import type { Libp2pOptions } from 'libp2p'

/** Stock transports, encryption and multiplexing: what the tuned ones are measured against. */
export function stockWireOptions (): Pick<Libp2pOptions, 'transports' | 'connectionEncrypters' | 'streamMuxers'> {
  return { transports: [tcp(), webSockets()], connectionEncrypters: [noise()], streamMuxers: [yamux()] }
}
