import type { Startable } from '@libp2p/interface'
import type { AddressManager, NodeAddress, TransportManager } from '@libp2p/interface-internal'

/** What libp2p knows of its own addresses. */
export interface OwnAddresses {
  /** Addresses listened on, wildcards resolved. */
  listening (): string[]
  /** All that may be announced; `verified` by a peer that dialled them, or taken on trust where nobody checks. */
  known (): ReadonlyArray<{ readonly address: string, readonly verified: boolean, readonly type: NodeAddress['type'] }>
}

/** The timer behind which libp2p tells of changed addresses; none of it is in the published types. */
interface DelayedNews { readonly _updatePeerStoreAddresses?: { readonly stop?: () => void } }

/**
 * A libp2p service: `services: { addresses: ownAddresses() }`. It also ends a timer that libp2p starts whenever a listener closes, its own stop
 * included, and leaves running: that would hold every process for a second after its node has stopped.
 */
export function ownAddresses (): (components: { transportManager: TransportManager, addressManager: AddressManager }) => OwnAddresses & Startable {
  return ({ transportManager, addressManager }) => ({
    listening: () => transportManager.getAddrs().map(String),
    known: () => addressManager.getAddressesWithMetadata().map(({ multiaddr, verified, type }) => ({ address: multiaddr.toString(), verified, type })),
    start () {},
    stop () {},
    afterStop () { (addressManager as DelayedNews)._updatePeerStoreAddresses?.stop?.() }
  })
}
