import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { peerIdToNodeId } from '../../protocol/index.ts'
import { resolveDuplicate } from '../topology/index.ts'
import type { DuplicateConnection } from '../topology/index.ts'
import { keepGossip } from './keep-gossip.ts'
import type { PeerManagerDeps } from './parts.ts'

type DuplicateDeps = Pick<PeerManagerDeps, 'part' | 'pubsub' | 'schedule'> & {
  /** Connections that completed a session. */
  readonly complete: ReadonlySet<Connection>
  readonly failed: (what: string, error: unknown) => void
}

/** Closes all but one connection to a peer. */
export interface Duplicates {
  /** A connection got its session: is it one too many? */
  check (peer: PeerId): void
  /** A connection is gone: what was on it goes on on another one. */
  closed (connection: Connection): void
  stop (): void
  readonly size: number
}

/** Longest an old connection may take to prove that it is alive, ms. */
const PROBE_MS = 2000
/** GossipSub learns of a closed stream a moment after the connection; looked at again after these, ms. */
const LOOK_AGAIN_MS = [0, 100, 1000]
/** Any libp2p node answers it; agreeing on it is a round trip. */
const PROBE_PROTOCOL = '/ipfs/ping/1.0.0'

/** Both sides choose the same survivor (`resolveDuplicate`), and only one of them closes. */
export function createDuplicates (node: Libp2p, { part, pubsub, schedule, complete, failed }: DuplicateDeps): Duplicates {
  const timers = new Set<() => void>()
  const later = (ms: number, run: () => void): void => {
    const cancel = schedule(() => {
      timers.delete(cancel)
      run()
    }, ms)
    timers.add(cancel)
  }
  // a relayed connection is no duplicate of a direct one: it is the way to it
  const openTo = (peer: PeerId): Connection[] => node.getConnections(peer).filter(connection => connection.status === 'open' && connection.limits === undefined && complete.has(connection))

  const resolve = async (peer: PeerId, without?: Connection): Promise<void> => {
    const open = openTo(peer).filter(connection => connection !== without)
    if (open.length < 2 && without === undefined) return
    const { keep, close, closer, probe, goodbye, waitMs } = resolveDuplicate(open.map(described), peerIdToNodeId(node.peerId), peerIdToNodeId(peer))
    const winner = open.find(({ id }) => id === keep)
    if (winner === undefined) return
    if (probe && without === undefined && !await answers(winner)) {
      await resolve(peer, winner)
      void part(winner, goodbye)
      return
    }
    const hangUp = (): void => {
      for (const loser of openTo(peer)) if (close.includes(loser.id)) void part(loser, goodbye)
    }
    if (closer === 'local') hangUp()
    else later(waitMs, hangUp)
  }

  return {
    check (peer) {
      resolve(peer).catch((error: unknown) => { failed(`choice between connections to ${peer.toString()}`, error) })
    },
    closed ({ remotePeer }) {
      if (openTo(remotePeer).length === 0) return
      for (const ms of LOOK_AGAIN_MS) {
        later(ms, () => {
          const left = openTo(remotePeer)[0]
          if (left !== undefined) keepGossip(pubsub, left)
        })
      }
    },
    stop () {
      for (const cancel of timers) cancel()
      timers.clear()
    },
    get size () { return timers.size }
  }
}

function described ({ id, direction, timeline }: Connection): DuplicateConnection {
  return { id, direction, openedAt: timeline.open }
}

async function answers (connection: Connection): Promise<boolean> {
  try {
    const stream = await connection.newStream(PROBE_PROTOCOL, { signal: AbortSignal.timeout(PROBE_MS) })
    await stream.close()
    return true
  } catch {
    // any failure means the same: whoever dialled anew had lost this one
    return false
  }
}
