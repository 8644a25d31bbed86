import type { Connection, Libp2p } from '@libp2p/interface'
import { GOODBYE_REASON } from '../../../protocols/goodbye/messages.ts'
import type { PeerRole, TopologyPeer } from '../topology/index.ts'
import { nodeTypeName, whereabouts } from './dial-candidate.ts'
import type { PlacedPeer } from './make-room.ts'
import type { OutboundSlots } from './outbound-slots.ts'
import type { KnownCandidate, PeerClaims, PeerManagerDeps } from './parts.ts'

const START_SCORE = 500
/** A peer without a session after this speaks no TOS: handshakes time out sooner, ms. */
const PLAIN_AFTER_MS = 15_000
/** Plain libp2p peers kept: they serve the DHT, and take no TOS peer's place. */
const MAX_PLAIN = 16

/** Candidates by their key. */
export type Known = ReadonlyMap<string, KnownCandidate>

/** A connection with a session: since when (monotonic ms), and when the book last heard of it. */
export interface Claim extends PeerClaims {
  readonly since: number
  told: number
}

/** The node's connections, as the policies want to see them. */
export interface Connections {
  /** Connections with a session, and what the peer says of itself; as many as there are connections. */
  readonly claims: Map<Connection, Claim>
  open (): Connection[]
  of (peer: string): Connection[]
  /** The TOS peers, and those too young to tell. */
  peers (known: Known): TopologyPeer[]
  /** Who competes with `newcomer` for a place. */
  placed (newcomer: Connection, known: Known): PlacedPeer[]
  isSpared (connection: Connection, known: Known): boolean
  isLeaving (connection: Connection): boolean
  /** Says that there are enough peers, once. */
  sendAway (connection: Connection): void
  /** Closes the oldest plain libp2p peers beyond what is kept of them. */
  prunePlain (known: Known): void
}

export function createConnections (node: Libp2p, deps: PeerManagerDeps, slots: OutboundSlots): Connections {
  const claims = new Map<Connection, Claim>()
  const leaving = new WeakSet<Connection>()
  const open = (): Connection[] => node.getConnections().filter(({ status }) => status === 'open')
  const ageOf = ({ timeline }: Connection): number => Math.max(0, deps.wall() - timeline.open)
  const byPeer = (connections: readonly Connection[]): Map<string, Connection[]> => Map.groupBy(connections, ({ remotePeer }) => remotePeer.toString())
  const firstSeen = new WeakMap<Connection, number>()
  const isPlain = (connections: readonly Connection[]): boolean => connections.every(connection => {
    const since = firstSeen.get(connection) ?? deps.clock()
    firstSeen.set(connection, since)
    return !claims.has(connection) && deps.clock() - since > PLAIN_AFTER_MS
  })

  const roleOf = (peer: string, candidate: KnownCandidate | undefined): PeerRole | undefined => {
    if (candidate?.origins.some(origin => origin.startsWith('operator')) === true) return 'static'
    const purpose = slots.useOf(peer)?.purpose
    return purpose === 'named' ? 'static' : purpose === 'full' ? undefined : purpose
  }
  const isSpared = (connection: Connection, known: Known): boolean => {
    const peer = connection.remotePeer.toString()
    return roleOf(peer, known.get(peer)) === 'static' || deps.spared?.(connection) === true
  }
  const sendAway = (connection: Connection): void => {
    if (leaving.has(connection)) return
    leaving.add(connection)
    void deps.part(connection, GOODBYE_REASON.tooManyPeers)
  }

  return {
    claims, open, isSpared, sendAway,
    of: peer => open().filter(({ remotePeer }) => remotePeer.toString() === peer),
    isLeaving: connection => leaving.has(connection),
    peers (known) {
      const peers: TopologyPeer[] = []
      for (const [peer, connections] of byPeer(open())) {
        if (isPlain(connections)) continue
        const connection = connections.find(each => claims.has(each)) ?? connections[0] as Connection
        const { nodeType = 255, services = 0n } = claims.get(connection) ?? {}
        const { rttMs, lastBlockAt, lastTransactionAt } = deps.measured?.(peer) ?? {}
        peers.push({
          ...whereabouts(connection.remoteAddr.toString()),
          peer, services, rttMs, nodeType: nodeTypeName(nodeType), direction: connection.direction,
          connectedMs: ageOf(connection), score: deps.score?.(peer) ?? START_SCORE,
          role: roleOf(peer, known.get(peer)), firstBlockAt: lastBlockAt, firstTxAt: lastTransactionAt
        })
      }
      return peers
    },
    placed (newcomer, known) {
      const peers: PlacedPeer[] = []
      for (const [id, connections] of byPeer(open().filter(each => each !== newcomer && !leaving.has(each)))) {
        const [connection] = connections as [Connection]
        if (slots.useOf(id)?.purpose === 'feeler') continue
        const { rttMs, minRttMs = rttMs, lastBlockAt, lastTransactionAt } = deps.measured?.(id) ?? {}
        peers.push({
          id, direction: connections.some(({ direction }) => direction === 'outbound') ? 'outbound' : 'inbound', spared: isSpared(connection, known),
          group: whereabouts(connection.remoteAddr.toString()).group ?? 'relayed', connectedAt: connection.timeline.open, pingMs: minRttMs, lastBlockAt, lastTransactionAt
        })
      }
      return peers
    },
    prunePlain (known) {
      const plain = [...byPeer(open()).values()].filter(isPlain).flat().filter(connection => !leaving.has(connection) && !isSpared(connection, known))
      for (const connection of plain.sort((a, b) => b.timeline.open - a.timeline.open).slice(MAX_PLAIN)) sendAway(connection)
    }
  }
}
