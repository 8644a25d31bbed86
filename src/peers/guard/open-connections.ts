import type { Connection } from '@libp2p/interface'
import { ipOf } from '../net/index.ts'
import type { IpAddress } from '../net/index.ts'

/** Who is connected since when, and from where. */
export interface OpenConnections {
  add (connection: Connection, nowMs: number): void
  remove (connection: Connection): void
  /** Peer to the time it connected, ms. */
  readonly since: ReadonlyMap<string, number>
  of (peer: string): readonly Connection[]
  all (): readonly Connection[]
  /** The address of the peer's first connection. */
  ip (peer: string): IpAddress | undefined
  clear (): void
}

/** Holds what libp2p holds: its connection manager bounds the number. */
export function createOpenConnections (): OpenConnections {
  const peers = new Map<string, Connection[]>()
  const since = new Map<string, number>()
  return {
    add (connection, now) {
      const peer = connection.remotePeer.toString()
      peers.set(peer, [...(peers.get(peer) ?? []).filter(({ id }) => id !== connection.id), connection])
      if (!since.has(peer)) since.set(peer, now)
    },
    remove ({ id, remotePeer }) {
      const peer = remotePeer.toString()
      const rest = (peers.get(peer) ?? []).filter(connection => connection.id !== id)
      if (rest.length > 0) {
        peers.set(peer, rest)
        return
      }
      peers.delete(peer)
      since.delete(peer)
    },
    since,
    of: peer => peers.get(peer) ?? [],
    all: () => [...peers.values()].flat(),
    ip (peer) {
      const [first] = peers.get(peer) ?? []
      return first === undefined ? undefined : ipOf(first.remoteAddr.toString())
    },
    clear () {
      peers.clear()
      since.clear()
    }
  }
}
