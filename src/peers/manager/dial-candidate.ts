import { NODE_TYPE } from '../../../protocols/services.ts'
import type { NodeType } from '../../../protocols/services.ts'
import { priorFacts } from '../measures/index.ts'
import type { PeerFacts } from '../measures/index.ts'
import { groupKey, ipOf, isPublicIp } from '../net/index.ts'
import { admissionPrior } from '../topology/index.ts'
import type { DialCandidate, DialOrigin, DialSource } from '../topology/index.ts'
import type { Whereabouts } from '../topology/index.ts'
import type { DialRecord } from './dial-records.ts'
import type { KnownCandidate } from './parts.ts'

const TYPES = new Map<number, NodeType>((Object.keys(NODE_TYPE) as NodeType[]).map(name => [NODE_TYPE[name], name]))
const SOURCES: ReadonlySet<string> = new Set<DialSource>(['operator', 'book', 'dns', 'bootstrap', 'dht', 'mdns', 'exchange'])

/** The name of a node type; of a byte we do not know: `unknown`. */
export function nodeTypeName (byte: number): NodeType {
  return TYPES.get(byte) ?? 'unknown'
}

/** Where a multiaddr leads; nothing for names and relays. */
export function whereabouts (address: string | undefined): Whereabouts {
  const ip = address === undefined ? undefined : ipOf(address)
  return ip === undefined ? {} : { group: groupKey(ip), privateRange: !isPublicIp(ip) }
}

/** `dns:peers.example.org` as the dial plan wants it. An anchor is the book's word. */
export function dialOrigin (origin: string): DialOrigin {
  const at = origin.indexOf(':')
  const kind = at < 0 ? origin : origin.slice(0, at)
  const source = SOURCES.has(kind) ? kind as DialSource : 'book'
  return { source, seed: at < 0 ? source : origin.slice(at + 1) }
}

/** What else the plan should know of a candidate. */
export interface CandidateFacts {
  readonly banned: boolean
  /** From when it was connected before. */
  readonly facts?: PeerFacts | undefined
  /** Address groups of the connected peers; absent: nobody asks for a new one. */
  readonly groups?: ReadonlySet<string>
}

/** A candidate with how our dials of it went, for the plan. */
export function dialCandidate ({ key, addresses, origins, nodeType }: KnownCandidate, record: DialRecord, { banned, facts, groups }: CandidateFacts): DialCandidate {
  const kinds = new Set(origins.map(origin => origin.split(':', 1)[0]))
  const where = whereabouts(addresses[0])
  return {
    ...where,
    peer: key, addresses, banned,
    origins: origins.map(dialOrigin),
    role: kinds.has('operator') ? 'static' : kinds.has('anchor') ? 'anchor' : undefined,
    tried: record.tried || kinds.has('anchor'),
    nodeType: nodeTypeName(nodeType),
    failures: record.failures, notBefore: record.notBefore, dialFailed: record.dialFailed, triedAt: record.triedAt,
    // measured by ourselves only: what a hint claims, whoever wants to be dialled first can claim too
    prior: admissionPrior({
      ...priorFacts(facts),
      diverse: groups !== undefined && where.group !== undefined && where.privateRange !== true && !groups.has(where.group)
    })
  }
}

/** Address without its `/p2p/…`. */
export function withoutPeer (address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, '')
}
