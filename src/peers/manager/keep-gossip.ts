import type { Connection, PeerId } from '@libp2p/interface'

/** What GossipSub 17 has and does not name in its types. */
interface GossipInside {
  readonly streamsOutbound?: ReadonlyMap<string, { readonly rawStream?: { readonly status?: string } }>
  onPeerConnected? (peer: PeerId, connection: Connection): void
}

/**
 * Gives a peer's gossip a stream on `connection` unless it has an open one. GossipSub opens its one outbound stream when a peer connects
 * first; when the connection below goes while another stands, libp2p tells nobody, and the peer would never hear from us again.
 * Returns false when there was nothing to do.
 */
export function keepGossip (pubsub: object, connection: Connection): boolean {
  const gossip = pubsub as GossipInside
  const stream = gossip.streamsOutbound?.get(connection.remotePeer.toString())
  if (connection.status !== 'open' || (stream !== undefined && stream.rawStream?.status === 'open')) return false
  gossip.onPeerConnected?.(connection.remotePeer, connection)
  return true
}
