import type { Connection, Libp2pEvents, Startable, StreamCloseEvent, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Reason } from '../reputation/index.ts'
import type { Judgement } from '../bans/index.ts'
import type { Guard, PeerExplanation } from './guard.ts'

/** The parts of libp2p the service uses. */
export interface ReputationComponents {
  readonly events: TypedEventTarget<Libp2pEvents>
  readonly connectionManager: Pick<ConnectionManager, 'getConnections'>
}

/** What `node.services.reputation` offers; the guard itself has more. */
export interface ReputationService extends Startable {
  /** As `Guard.score`, `explain`, `record`. */
  score (peer: string): number
  explain (peer: string): PeerExplanation
  record (peer: string, reason: Reason): Judgement
  dump (): Record<string, number>
}

/**
 * A libp2p service that ties a guard to the node it stands in: `createLibp2p({ connectionGater: guard.gater, services: { reputation:
 * reputation(guard) } })`. It tells the guard who is connected, notes connections that broke, hangs up on whoever gets banned, and
 * starts and stops the guard with the node. One guard serves one node.
 */
export function reputation (guard: Guard): (components: ReputationComponents) => ReputationService {
  return ({ connectionManager, events }) => {
    const opened = ({ detail }: CustomEvent<Connection>): void => {
      guard.opened(detail)
      detail.addEventListener('close', event => { ended(detail, event) }, { once: true })
    }
    const ended = ({ remotePeer }: Connection, { error, local }: StreamCloseEvent): void => {
      // what we close ourselves is no trouble of the path
      if (error !== undefined && local !== true) guard.record(remotePeer.toString(), 'transport_error')
    }
    const closed = ({ detail }: CustomEvent<Connection>): void => { guard.closed(detail) }
    return {
      start () {
        guard.start()
        for (const connection of connectionManager.getConnections()) guard.opened(connection)
        events.addEventListener('connection:open', opened)
        events.addEventListener('connection:close', closed)
      },
      stop () {
        events.removeEventListener('connection:open', opened)
        events.removeEventListener('connection:close', closed)
        guard.stop()
      },
      score: peer => guard.score(peer),
      explain: peer => guard.explain(peer),
      record: (peer, reason) => guard.record(peer, reason),
      dump: () => guard.dump()
    }
  }
}
