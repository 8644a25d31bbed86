import type { PeerInfo } from '@libp2p/interface'
import type { Hint } from './hint.ts'
import { readPeerAddress } from './peer-address.ts'
import type { AddressRules } from './peer-address.ts'
import { readEach } from './refusals.ts'
import type { Refusals } from './refusals.ts'

/** Addresses of one peer that are looked at: a DHT record may list hundreds. */
const MAX_ADDRESSES = 16

/** What libp2p found, as a hint; undefined when none of its addresses can be dialled. */
export function readPeerInfo ({ id, multiaddrs }: PeerInfo, rules: AddressRules): { hint: Hint | undefined, refused: Refusals } {
  const peer = id.toString()
  const { values, refused } = readEach(multiaddrs.slice(0, MAX_ADDRESSES), address => readPeerAddress(address.toString(), { relayed: true, ...rules }))
  const addresses = values.filter(value => value.peer === undefined || value.peer === peer).map(({ address }) => address)
  return { hint: addresses.length === 0 ? undefined : { peer, addresses }, refused }
}
