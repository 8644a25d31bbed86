import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { createPlainCodec } from '../frame/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import { peerIdToNodeId } from './identity.ts'

/** One id under which a protocol is offered, and how its frames are protected there. */
export interface Carrier {
  readonly id: string
  /** The codec of one stream; a sealed carrier may have to wait for the session. Throws `NO_NODE_ID`. */
  codec (stream: Stream, connection: Connection, local: PeerId): FrameCodec | Promise<FrameCodec>
}

/** Decides under which ids, and with which protection, a protocol travels. Best first. */
export type Carriers = (protocolId: string) => readonly Carrier[]

/**
 * `/tos/devnet/ping/1.0.0` to `/tos/devnet/plain/ping/1.0.0`. Ids of third parties stay as they are written, and so do those that are
 * plain in every form of the network: what sets a session up or says why there is none (WIRE.md §5).
 */
export function plainTwin (id: string): string {
  return id.replace(/^(\/tos\/[^/]+)\/(?!plain\/|goodbye\/|session\/)/, '$1/plain/')
}

/** Plain frames only: header and checksum, payload in the clear. `now` is Unix milliseconds. */
export function plainCarriers (now: () => number): Carriers {
  return protocolId => [{
    id: plainTwin(protocolId),
    codec: (_stream, connection, local) => createPlainCodec({ local: peerIdToNodeId(local), remote: peerIdToNodeId(connection.remotePeer), now })
  }]
}
