import type { TopologyLimits } from './limits.ts'
import type { Whereabouts } from './peer.ts'

/** Why an outbound connection would repeat a network we already have. */
export type Crowding = 'same-group' | 'same-asn' | 'unknown-group'

/** Counts outbound connections per network and tells when one more would be too many. */
export interface OutboundNetworks {
  /** The rule that one more at this place would break. */
  crowded (where: Whereabouts): Crowding | undefined
  add (where: Whereabouts): void
}

/** `exemptPrivate`: loopback and private ranges follow no rule, for devnets and private networks, where all share one group. */
export function outboundNetworks (limits: TopologyLimits, exemptPrivate: boolean): OutboundNetworks {
  const groups = new Map<string, number>()
  const asns = new Map<number, number>()
  let unknown = 0
  const exempt = ({ privateRange }: Whereabouts): boolean => exemptPrivate && privateRange === true
  return {
    crowded (where) {
      if (exempt(where)) return undefined
      if (where.group === undefined) return unknown >= limits.unknownGroup ? 'unknown-group' : undefined
      if ((groups.get(where.group) ?? 0) >= limits.perGroup) return 'same-group'
      return where.asn !== undefined && (asns.get(where.asn) ?? 0) >= limits.perAsn ? 'same-asn' : undefined
    },
    add (where) {
      if (exempt(where)) return
      if (where.group === undefined) unknown++
      else groups.set(where.group, (groups.get(where.group) ?? 0) + 1)
      if (where.asn !== undefined) asns.set(where.asn, (asns.get(where.asn) ?? 0) + 1)
    }
  }
}
