import type { PeerInfo } from '@libp2p/interface'
import type { Candidates } from './candidates.ts'
import type { AddressRules } from './peer-address.ts'
import { readPeerInfo } from './peer-info.ts'
import type { Origin } from './sources.ts'

/** What sends events about found peers: a discovery module (`peer`), or the node itself (`peer:discovery`), which cannot tell who found them. */
export interface PeerEvents<Event extends string> {
  addEventListener (type: Event, listener: (event: CustomEvent<PeerInfo>) => void): void
  removeEventListener (type: Event, listener: (event: CustomEvent<PeerInfo>) => void): void
}

/** Options of `fromPeerDiscovery`. */
export interface FromPeerDiscoveryOptions<Event extends string> extends AddressRules {
  readonly event: Event
  readonly origin: Origin
}

/**
 * Turns the events of libp2p's discovery modules into candidates; the returned function ends it. `publicOnly` is false for mdns on
 * every network: what it finds is near by nature.
 */
export function fromPeerDiscovery<Event extends string> (events: PeerEvents<Event>, candidates: Pick<Candidates, 'add' | 'refused'>, { event, origin, ...rules }: FromPeerDiscoveryOptions<Event>): () => void {
  const found = ({ detail }: CustomEvent<PeerInfo>): void => {
    const { hint, refused } = readPeerInfo(detail, rules)
    candidates.refused(origin, refused)
    if (hint !== undefined) candidates.add(origin, hint)
  }
  events.addEventListener(event, found)
  return () => { events.removeEventListener(event, found) }
}
