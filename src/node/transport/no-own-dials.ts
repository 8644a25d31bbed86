import type { BootstrapComponents, BootstrapInit } from '@libp2p/bootstrap'
import { bootstrap } from '@libp2p/bootstrap'
import { KEEP_ALIVE } from '@libp2p/interface'
import type { PeerData, PeerDiscovery, PeerId, PeerStore } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/**
 * libp2p's bootstrap module without its dials: it puts the peers into the peer store and says that it knows them. Whether and when to dial is
 * for our own dialler, which keeps to cool-downs, limits and the order of sources.
 */
export function knownPeers (init: BootstrapInit): (components: BootstrapComponents) => PeerDiscovery {
  return ({ peerStore, logger }) => bootstrap(init)({ peerStore, logger, connectionManager: { openConnection: leaveIt } as unknown as ConnectionManager })
}

const leaveIt = async (): Promise<void> => {}

/**
 * Makes a service that cannot tag peers to be kept connected: the DHT does so with those nearest to us, and libp2p then dials them again whenever
 * they leave, also those that we, or they, have said GOODBYE to.
 */
export function withoutKeepAlive<C extends { readonly peerStore: PeerStore }, S> (make: (components: C) => S): (components: C) => S {
  return components => {
    const peerStore = withMember(components.peerStore, 'merge', (peer: PeerId, data: PeerData) => components.peerStore.merge(peer, untagged(data)))
    return make(withMember(components, 'peerStore', peerStore))
  }
}

function untagged ({ tags, ...data }: PeerData): PeerData {
  const kept = Object.entries(tags ?? {}).filter(([name, tag]) => tag === undefined || !name.startsWith(KEEP_ALIVE))
  return tags === undefined ? data : { ...data, tags: Object.fromEntries(kept) }
}

/** `target` with one member replaced; the others stay bound to it, which private fields ask for. */
function withMember<T extends object> (target: T, name: keyof T, member: unknown): T {
  return new Proxy(target, {
    get (_, key) {
      if (key === name) return member
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) as unknown : value
    }
  })
}
