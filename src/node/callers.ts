import type { Connection, IdentifyResult, Libp2p } from '@libp2p/interface'
import type { KnownPeer } from '../discovery/index.ts'
import { ipOf } from '../peers/net/index.ts'
import type { TosServices } from './tos-node.ts'

const LISTENS = /^(\/ip[46]\/[^/]+\/tcp\/\d{1,5})(?:\/p2p\/[^/]+)?$/
/** Told of however small the address book is. */
const LEAST_TOLD = 8

/** Peers that dialled us, at the address they say they listen on. */
export interface Callers {
  list (): KnownPeer[]
  /** Whether somebody who listens at `address` is connected. */
  has (address: string): boolean
  readonly size: number
  stop (): void
}

/**
 * Collects connected peers that dialled us. Only an address with the IP they called from counts: whatever else they say might send others to a
 * third party. `left` hears of each that goes, and of all at `stop()`: an address to remember, a hint like any other.
 */
export function createCallers (node: Libp2p<TosServices>, wall: () => number, left: (caller: KnownPeer) => void): Callers {
  /** An entry goes with its connection. */
  const callers = new Map<Connection, KnownPeer>()
  const identified = ({ detail: { connection, listenAddrs } }: CustomEvent<IdentifyResult>): void => {
    const { remotePeer, remoteAddr, direction } = connection
    if (direction !== 'inbound') return
    const address = ownAddress(listenAddrs.map(String), remoteAddr.toString())
    if (address === undefined) return
    node.services.session.ready(connection).then(({ hello: { nodeType, services } }) => {
      if (connection.status === 'open') callers.set(connection, { peer: remotePeer.toString(), addresses: [address], nodeType, services, lastSeen: wall() })
    }, () => {
      // who has no session is told of by nobody; why is told where sessions are made
    })
  }
  const gone = ({ detail }: CustomEvent<Connection>): void => {
    const caller = callers.get(detail)
    if (caller === undefined) return
    callers.delete(detail)
    left(caller)
  }
  node.addEventListener('peer:identify', identified)
  node.addEventListener('connection:close', gone)
  return {
    list: () => [...callers.values()].map(caller => Object.assign({}, caller, { lastSeen: wall() })),
    has: address => [...callers.values()].some(({ addresses }) => addresses.includes(address)),
    get size () { return callers.size },
    stop () {
      node.removeEventListener('peer:identify', identified)
      node.removeEventListener('connection:close', gone)
      for (const caller of callers.values()) left(caller)
      callers.clear()
    }
  }
}

/** The first of the addresses somebody listens on that has the IP of `from`, without `/p2p/…`. */
function ownAddress (listens: readonly string[], from: string): string | undefined {
  const ip = ipOf(from)?.bytes
  if (ip === undefined) return undefined
  for (const said of listens) {
    const [, address] = LISTENS.exec(said) ?? []
    const theirs = ipOf(said)?.bytes
    if (address !== undefined && theirs !== undefined && Buffer.compare(theirs, ip) === 0) return address
  }
  return undefined
}

/** What to tell of: the book's sample, filled up with some callers where it is short. A seed that everybody dials has dialled nobody. */
export function withCallers (sample: readonly KnownPeer[], callers: readonly KnownPeer[], random: () => number): KnownPeer[] {
  const missing = LEAST_TOLD - sample.length
  if (missing <= 0) return [...sample]
  const told = new Set(sample.map(({ peer }) => peer))
  const others = callers.filter(({ peer }) => !told.has(peer)).map(caller => ({ caller, tie: random() })).sort((a, b) => a.tie - b.tie)
  return [...sample, ...others.slice(0, missing).map(({ caller }) => caller)]
}
