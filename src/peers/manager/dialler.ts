import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { PlannedDial } from '../topology/index.ts'
import type { Connections, Known } from './connections.ts'
import { dialCandidate, withoutPeer } from './dial-candidate.ts'
import type { DialRecords } from './dial-records.ts'
import type { OutboundSlots } from './outbound-slots.ts'
import type { KnownCandidate, PeerManagerDeps } from './parts.ts'

/** Dials in a row that may fail before hearsay is forgotten. */
const MAX_FAILURES = 10
/** Success may be short-lived (another network, a full peer, ourselves): the wait before the next try either way, ms. */
const AFTER_DIAL_MS = 4000
const FEELER_EVERY_MS = 10_000

/** Dials what was planned, and keeps count of how it went. */
export interface Dialler {
  dial (planned: PlannedDial, known: KnownCandidate): Promise<void>
  /** Tests a hint or an incumbent of the book, when there is nothing better to dial. */
  feel (known: Known, connected: ReadonlySet<string>, now: number): void
  stop (): void
}

/** `freed` is called when a place is free again because a dial failed. */
export function createDialler (node: Libp2p, deps: PeerManagerDeps, connections: Connections, slots: OutboundSlots, records: DialRecords, freed: () => void): Dialler {
  const { book, candidates, clock, wall } = deps
  const stopping = new AbortController()
  const own = node.peerId.toString()
  let lastFeeler = -Infinity

  const dial: Dialler['dial'] = async ({ candidate: { peer: key, addresses }, purpose, origin }, known) => {
    slots.begin(key, addresses[0], { purpose, origin })
    records.tried(key, clock())
    for (const address of addresses) book.attempt(address, wall())
    try {
      const targets = addresses.map(address => multiaddr(known.peer === undefined ? address : `${address}/p2p/${known.peer}`))
      const connection = await node.dial(targets, { signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(deps.dialTimeoutMs)]) })
      const peer = connection.remotePeer.toString()
      // a feeler that found somebody who is here already is no reason to send them away when it is done
      const was = connections.of(peer).some(other => other !== connection)
      slots.end(key, purpose === 'feeler' && was ? undefined : peer)
      if (purpose === 'block-only') deps.blocksOnly?.(connection.remotePeer)
      deps.dialled?.(peer, true, known.origins)
      records.wait(key, clock() + AFTER_DIAL_MS)
      if (!candidates.proved(known, addresses.length === 1 ? addresses[0] as string : withoutPeer(connection.remoteAddr.toString()), peer)) {
        records.cool(key, 'dial-failed', clock())
        await connection.close()
      }
    } catch (error) {
      slots.end(key)
      if (stopping.signal.aborted) return
      for (const address of addresses) book.failed(address, wall())
      if (known.peer !== undefined) deps.dialled?.(known.peer, false, known.origins)
      const hearsay = !known.origins.some(name => /^(?:operator|bootstrap)/.test(name))
      if (records.cool(key, 'dial-failed', clock()) >= MAX_FAILURES && hearsay) candidates.remove(key)
      candidates.unreached?.(known, error)
      deps.failed(`dial of ${addresses[0] ?? key}`, error)
      freed()
    }
  }

  return {
    dial,
    feel (all, connected, now) {
      if (slots.dialling.size > 0 || now - lastFeeler < FEELER_EVERY_MS) return
      const entry = book.feeler(wall())?.entry
      if (entry === undefined) return
      lastFeeler = now
      const key = entry.peer ?? entry.address
      if (connected.has(key) || key === own || deps.isHere?.(entry.address) === true) return
      const known = all.get(key) ?? { key, peer: entry.peer, addresses: [entry.address], origins: ['book'], nodeType: entry.nodeType, services: entry.services }
      const candidate = dialCandidate(known, records.get(key), { banned: deps.banned?.(known.key, known.addresses) ?? false })
      if (candidate.banned !== true) void dial({ candidate, purpose: 'feeler', origin: { source: 'book', seed: 'book' } }, known)
    },
    stop () { stopping.abort() }
  }
}
