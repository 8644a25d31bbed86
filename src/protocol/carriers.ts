import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { createPlainCodec } from '../frame/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import { peerIdToNodeId } from './identity.ts'

/** One id under which a protocol is offered, and how its frames are protected there. */
export interface Carrier {
  readonly id: string
  /** The codec of one stream; a sealed carrier may have to wait for the session. Throws `NO_NODE_ID`. */
  codec (stream: Stream, connection: Connection, local: PeerId): FrameCodec | Promise<FrameCodec>
  /** For one ERROR to a peer that can have no codec; absent where frames are sealed. */
  lastWord? (local: PeerId): FrameCodec
}

/** Decides under which ids, and with which protection, a protocol travels. Best first. */
export type Carriers = (protocolId: string) => readonly Carrier[]

/**
 * `/tos/devnet/ping/1.0.0` to `/tos/devnet/plain/ping/1.0.0`. Ids of third parties stay as they are written, and so do those that are
 * plain in every form of the network: what sets a session up or says why there is none (WIRE.md §5).
 */
export function plainTwin (id: string): string {
  return ALWAYS_PLAIN.test(id) ? id : id.replace(/^(\/tos\/[^/]+)\//, '$1/plain/')
}

/** Where the codecs of sealed streams come from: one session per connection, made beside the kernel. */
export interface SessionCodecs {
  /**
   * The codec of one stream, once the connection's session stands. The promise rejects with `NO_SESSION` or `HANDSHAKE_TIMEOUT`; it must
   * settle in bounded time, because a stream waits for it.
   */
  codec (stream: Stream, connection: Connection): FrameCodec | Promise<FrameCodec>
}

/** Ids that are plain in every form of the network, or name their plain form already. */
const ALWAYS_PLAIN = /^\/tos\/[^/]+\/(?:plain|goodbye|session)\//

/** Plain frames only: header and checksum, payload in the clear. `now` is Unix milliseconds. */
export function plainCarriers (now: () => number): Carriers {
  return protocolId => [{
    id: plainTwin(protocolId),
    codec: (_stream, connection, local) => createPlainCodec({ local: peerIdToNodeId(local), remote: peerIdToNodeId(connection.remotePeer), now }),
    // nothing of such a peer is read, so whom it would have to name does not matter
    lastWord: local => createPlainCodec({ local: peerIdToNodeId(local), remote: peerIdToNodeId(local), now })
  }]
}

/** Sealed frames under the protocol's own id, a third party's too. Only what is plain in every form of the network stays plain. */
export function sealedCarriers (sessions: SessionCodecs, now: () => number): Carriers {
  const plain = plainCarriers(now)
  return protocolId => ALWAYS_PLAIN.test(protocolId) ? plain(protocolId) : [{ id: protocolId, codec: (stream, connection) => sessions.codec(stream, connection) }]
}

/**
 * Sealed first, the plain twin second. A third party's protocol has one id, so it is sealed here too: its plain form exists only in a
 * kernel without sessions.
 */
export function sealedAndPlainCarriers (sessions: SessionCodecs, now: () => number): Carriers {
  const sealed = sealedCarriers(sessions, now)
  const plain = plainCarriers(now)
  return protocolId => plainTwin(protocolId) === protocolId ? sealed(protocolId) : [...sealed(protocolId), ...plain(protocolId)]
}
