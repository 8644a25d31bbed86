import { TosError } from '../../errors/index.ts'
import type { IpAddress } from './ip-address.ts'
import type { IpRange } from './ip-range.ts'
import { prefixKey } from './prefix-key.ts'
import { isIn, isLocalIp } from './public-ip.ts'

/** At most `limit` inbound connections from addresses of `version` that share their first `bits` bits. */
export interface PrefixQuota {
  readonly version: 4 | 6
  readonly bits: number
  readonly limit: number
}

/** Inbound connections per prefix: SECURITY §3 "Sybil by address", and the 8 per IP of the public conformance list (WIRE §7). */
export const PREFIX_QUOTAS = {
  default: [{ version: 4, bits: 32, limit: 3 }, { version: 4, bits: 24, limit: 16 }, { version: 6, bits: 64, limit: 3 }, { version: 6, bits: 56, limit: 8 }],
  'tos-spec': [{ version: 4, bits: 32, limit: 8 }, { version: 6, bits: 64, limit: 8 }]
} as const satisfies Record<string, readonly PrefixQuota[]>

/** Why a connection is refused. */
export interface ConnectionRefusal {
  readonly code: 'CONNECTION_LIMIT'
  /** The full prefix; of length 0 when the node tracks no more addresses of this version. */
  readonly prefix: string
  readonly limit: number
}

/** Counts inbound connections by address prefix. */
export interface ConnectionLimits {
  /** Counts a connection, or says which quota is full and counts nothing. */
  admit (ip: IpAddress): ConnectionRefusal | undefined
  /** Gives an admitted connection back; false when none is counted for this address, as for exempt ones. */
  release (ip: IpAddress): boolean
  /** Prefixes counted. */
  readonly size: number
}

export interface ConnectionLimitsOptions {
  readonly quotas?: readonly PrefixQuota[]
  /** Loopback and private ranges are not counted: for devnet and private networks, where all nodes may share one machine. */
  readonly exemptLocal?: boolean
  /** Not counted: the operator's own ranges. Lifts these quotas, nothing else. */
  readonly whitelist?: readonly IpRange[]
  /** Most connections counted per IP version, which bounds the tables. */
  readonly most?: number
}

/** More than the pending and open connections of any node (1,024 pending, 50 peers). */
const MOST_CONNECTIONS = 4096

/** Throws INVALID_VALUE for a quota that could never or always hold. */
export function createConnectionLimits ({ quotas = PREFIX_QUOTAS.default, exemptLocal = false, whitelist = [], most = MOST_CONNECTIONS }: ConnectionLimitsOptions = {}): ConnectionLimits {
  const levels = { 4: levelsOf(4, quotas, most), 6: levelsOf(6, quotas, most) }
  const counts = new Map<string, number>()
  const isExempt = (ip: IpAddress): boolean => exemptLocal && isLocalIp(ip) || isIn(ip, whitelist)
  const count = (prefix: string): number => counts.get(prefix) ?? 0
  return {
    admit (ip) {
      if (isExempt(ip)) return undefined
      const prefixes = levels[ip.version].map(({ bits }) => prefixKey(ip, bits))
      for (const [i, { limit }] of levels[ip.version].entries()) {
        const prefix = prefixes[i] as string
        if (count(prefix) >= limit) return { code: 'CONNECTION_LIMIT', prefix, limit }
      }
      for (const prefix of prefixes) counts.set(prefix, count(prefix) + 1)
      return undefined
    },
    release (ip) {
      if (isExempt(ip)) return false
      const prefixes = levels[ip.version].map(({ bits }) => prefixKey(ip, bits))
      if (prefixes.some(prefix => count(prefix) === 0)) return false
      for (const prefix of prefixes) {
        if (count(prefix) === 1) counts.delete(prefix)
        else counts.set(prefix, count(prefix) - 1)
      }
      return true
    },
    get size () { return counts.size }
  }
}

/** Narrowest first, so that a refusal names the quota that says most; the total comes last. */
function levelsOf (version: 4 | 6, quotas: readonly PrefixQuota[], most: number): PrefixQuota[] {
  const levels = [...quotas.filter(quota => quota.version === version).sort((a, b) => b.bits - a.bits), { version, bits: 0, limit: most }]
  for (const { bits, limit } of levels) {
    if (!Number.isInteger(limit) || limit < 1 || !Number.isInteger(bits) || bits < 0 || bits > (version === 4 ? 32 : 128)) {
      throw new TosError('INVALID_VALUE', `a quota of ${limit} connections per /${bits} of IPv${version}`)
    }
  }
  return levels
}
