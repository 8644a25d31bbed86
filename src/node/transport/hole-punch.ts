import type { Multiaddr } from '@multiformats/multiaddr'
import type { AddressManager } from '@libp2p/interface-internal'
import type { DCUtRServiceComponents } from '@libp2p/dcutr'

/**
 * DCUtR (relay/DCUtR.md) that also tells the other side under which addresses peers saw us. The library tells verified ones only, but behind a
 * router none is: nobody can dial it before the hole is there.
 */
export async function loadHolePunch (): Promise<(components: DCUtRServiceComponents) => unknown> {
  const { dcutr } = await import('@libp2p/dcutr')
  // picked by name: the library's components are a proxy, whose properties do not spread
  return ({ peerStore, registrar, connectionManager, transportManager, addressManager, logger }) =>
    dcutr()({ peerStore, registrar, connectionManager, transportManager, logger, addressManager: withObserved(addressManager) })
}

/** The same address manager, but `getAddresses` adds what was observed and not verified, after the rest. */
export function withObserved (manager: AddressManager): AddressManager {
  const getAddresses = (): Multiaddr[] => {
    const known = manager.getAddresses()
    const observed = manager.getAddressesWithMetadata().filter(({ type, verified }) => type === 'observed' && !verified)
    return [...known, ...observed.map(({ multiaddr }) => multiaddr)]
  }
  return new Proxy(manager, { get: (target, key) => {
    if (key === 'getAddresses') return getAddresses
    const value: unknown = Reflect.get(target, key)
    return typeof value === 'function' ? value.bind(target) as unknown : value
  } })
}
