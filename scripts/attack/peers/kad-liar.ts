import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { lpStream } from '@libp2p/utils'
import type { PrivateKey, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import { stockWireOptions } from '../../../src/node/transport/stock-wire.ts'

/** Field tags of the kad-dht protobuf (libp2p specs, kad-dht.md): `Message.type`, `Message.closerPeers`, `Peer.id`, `Peer.addrs`. */
const TAG = { type: 0x08, closer: 0x42, id: 0x0a, address: 0x12 } as const
const FIND_NODE = 4

/** Somebody a liar names. */
export interface NamedPeer { readonly id: Uint8Array, readonly address: string }

/** A peer that speaks the DHT's protocol, and answers every question with the peers of `name`, whoever is nearest. */
export async function startKadLiar (protocol: string, privateKey: PrivateKey, name: () => readonly NamedPeer[]): Promise<Libp2p> {
  const node = await createLibp2p({
    ...stockWireOptions(), privateKey, addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, connectionMonitor: { enabled: false },
    // only who says that it speaks the protocol, and answers a ping, gets into a routing table
    services: { identify: identify(), ping: ping() }
  })
  const answer = async (stream: Stream): Promise<void> => {
    const messages = lpStream(stream)
    try {
      for (;;) {
        await messages.read()
        await messages.write(findNodeAnswer(name()))
      }
    } catch {
      // whoever asked has heard enough
    }
  }
  await node.handle(protocol, stream => { void answer(stream) })
  return node
}

function findNodeAnswer (peers: readonly NamedPeer[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(TAG.type, FIND_NODE), ...peers.map(({ id, address }) => field(TAG.closer, Buffer.concat([field(TAG.id, id), field(TAG.address, multiaddr(address).bytes)])))])
}

/** Lengths here stay below 128: one byte. */
function field (tag: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length > 127) throw new RangeError(`${bytes.length} bytes need a longer length`)
  return Buffer.concat([Uint8Array.of(tag, bytes.length), bytes])
}
