import type { Row } from '../../bench/harness.ts'
import { bookShares } from './book-shares.ts'
import { dhtPoison } from './dht-poison.ts'
import { dnsPoison } from './dns-poison.ts'
import { eclipse } from './eclipse.ts'
import { exchangePoison } from './exchange-poison.ts'
import { inboundEviction } from './inbound-eviction.ts'
import type { Scale } from './scale.ts'
import { sharedAddress } from './shared-address.ts'
import { strangerTables } from './stranger-tables.ts'
import { sybilAddresses } from './sybil-addresses.ts'

type Attack = (scale: Scale) => Row[] | Promise<Row[]>

/** Attacks that need no daemon: lies and Sybils against the policies that choose a node's peers, in the order of SECURITY §1 and §3. */
export const lies = {
  inboundEviction, bookShares, eclipse, sybilAddresses, exchangePoison, dnsPoison, dhtPoison, sharedAddress, strangerTables
} as const satisfies Readonly<Record<string, Attack>>

export type Lie = keyof typeof lies
