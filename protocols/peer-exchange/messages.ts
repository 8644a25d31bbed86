import { defineMessage } from '../../src/protocol/index.ts'
import type { MessageOf } from '../../src/protocol/index.ts'
import { bool, bytes, refine, string, struct, u16, u64, u8, vec } from '../../src/wire/index.ts'
import type { Infer } from '../../src/wire/index.ts'

/** Most peer records one message carries. */
export const MAX_PEERS = 16

const port = refine(u16, value => value === 0 ? 'port is 0' : undefined)
const ip = refine(string(45), value => isCanonicalIp(value) ? undefined : `${value} is not a canonical IP address`)

/** One peer: `port` serves TCP and QUIC alike; `lastSeen` in Unix seconds. */
export const peerRecord = struct({ nodeId: bytes(32), ip, port, nodeType: u8, services: u64, lastSeen: u64 })

const body = refine(
  struct({ requestId: u64, isResponse: bool, maxPeers: u16, peers: vec(peerRecord, { max: MAX_PEERS }) }),
  ({ isResponse, maxPeers, peers }) => {
    if (isResponse) return maxPeers === 0 ? undefined : 'maxPeers must be 0 in a response'
    if (maxPeers < 1 || maxPeers > MAX_PEERS) return `maxPeers must be 1..${MAX_PEERS}`
    return peers.length === 0 ? undefined : 'a request carries no peers'
  }
)

/** PEER_EXCHANGE (0x10): request and response alike; `requestId` 0 marks an unsolicited list. */
export const PEER_EXCHANGE = defineMessage({ name: 'PEER_EXCHANGE', code: 0x10, tag: 2, schema: body, maxBytes: 4096 })

export type PeerRecord = Infer<typeof peerRecord>
export type PeerExchange = MessageOf<typeof PEER_EXCHANGE>

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const IPV6 = /^[\da-f:]{2,39}$/

/** True for dotted IPv4 and for IPv6 in its one shortest, lower-case, all-hexadecimal spelling; an IPv6 zone is never canonical. */
export function isCanonicalIp (text: string): boolean {
  return IPV4.test(text) || (IPV6.test(text) && URL.parse(`http://[${text}]/`)?.hostname === `[${text}]`)
}
