import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AddressManager, NodeAddress } from '@libp2p/interface-internal'
import { multiaddr } from '@multiformats/multiaddr'
import { withObserved } from '../../src/node/transport/hole-punch.ts'

const address = (text: string, type: NodeAddress['type'], verified: boolean): NodeAddress => ({ multiaddr: multiaddr(text), type, verified, expires: 0 })

test('hole punching tells the addresses under which peers saw us, though nobody could verify them', () => {
  const all = [
    address('/ip4/192.168.1.2/udp/4001/quic-v1', 'transport', true),
    address('/ip4/7.7.1.2/udp/4001/quic-v1', 'transport', false),
    address('/ip4/7.7.1.2/udp/35415/quic-v1', 'observed', false)
  ]
  const manager = {
    getAddresses: () => all.filter(({ verified }) => verified).map(({ multiaddr }) => multiaddr),
    getAddressesWithMetadata: () => all
  } as AddressManager
  assert.deepEqual(withObserved(manager).getAddresses().map(String), ['/ip4/192.168.1.2/udp/4001/quic-v1', '/ip4/7.7.1.2/udp/35415/quic-v1'])
  assert.equal(manager.getAddresses().length, 1, 'what the node announces stays as it is')
})
