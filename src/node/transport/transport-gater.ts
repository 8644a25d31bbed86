import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PendingGate } from './pending-gate.ts'

/**
 * A gater that counts pending inbound connections per source and then asks `inner`. A slot is held from the accepted socket
 * until the connection is upgraded or gone. The hooks of libp2p deny on `true`.
 */
export function createTransportGater (gate: PendingGate, inner: ConnectionGater = {}): ConnectionGater {
  const pending = new WeakMap<MultiaddrConnection, () => void>()

  function enter (connection: MultiaddrConnection): boolean {
    const host = hostOf(connection.remoteAddr)
    // addresses without an IP (unix sockets, relays) have no source to count by
    if (host === undefined || connection.status !== 'open') return true
    if (!gate.enter(host)) return false
    const release = (): void => {
      if (!pending.delete(connection)) return
      connection.removeEventListener('close', release)
      gate.leave(host)
    }
    pending.set(connection, release)
    connection.addEventListener('close', release)
    return true
  }

  return {
    ...inner,
    denyInboundConnection (connection) {
      if (!enter(connection)) return true
      return inner.denyInboundConnection?.(connection) ?? false
    },
    denyInboundUpgradedConnection (peer, connection) {
      pending.get(connection)?.()
      return inner.denyInboundUpgradedConnection?.(peer, connection) ?? false
    }
  }
}

/** The IP address in a multiaddr, or `undefined`. */
export function hostOf (address: Multiaddr): string | undefined {
  return address.getComponents().find(({ name }) => name === 'ip4' || name === 'ip6')?.value
}
