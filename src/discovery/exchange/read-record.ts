import { isCanonicalIp } from '../../../protocols/peer-exchange/messages.ts'
import type { PeerRecord } from '../../../protocols/peer-exchange/messages.ts'
import { TosError } from '../../errors/index.ts'
import { nodeIdToPeerId } from '../../protocol/index.ts'
import type { Hint } from '../hint.ts'
import { requireHost, tcpAddress } from '../peer-address.ts'
import type { AddressRules } from '../peer-address.ts'

/** How far the clock of whoever wrote `last_seen` may be ahead (WIRE.md §2), s. */
const MAX_AHEAD_S = 300n
/** Bits 14..31 are reserved and mean nothing (WIRE.md §5). */
const RESERVED = 0xffffc000n

/**
 * A hint out of a record of PEER_EXCHANGE; `now` in Unix ms. Throws `INVALID_VALUE` for an ip that is not canonical or a port 0, which
 * the codec refuses too, `ADDRESS_UNUSABLE`, `ADDRESS_NOT_PUBLIC`, or `CLOCK_SKEW` for a time more than 300 s ahead; below that it is
 * taken as now.
 */
export function readPeerRecord ({ nodeId, ip, port, nodeType, services, lastSeen }: PeerRecord, rules: AddressRules, now: number): Hint {
  if (!isCanonicalIp(ip) || port < 1 || port > 65_535) throw new TosError('INVALID_VALUE', `${ip.slice(0, 45)} port ${port} is no endpoint`)
  requireHost(ip, rules)
  if (lastSeen > BigInt(Math.floor(now / 1000)) + MAX_AHEAD_S) throw new TosError('CLOCK_SKEW', 'the peer was last seen in the future')
  return {
    peer: nodeIdToPeerId(nodeId).toString(),
    addresses: [tcpAddress(ip, port)],
    nodeType,
    services: services & ~RESERVED,
    seenAt: Math.min(Number(lastSeen) * 1000, now)
  }
}
