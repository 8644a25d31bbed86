import { TosError } from '../../errors/index.ts'
import type { Hint } from '../hint.ts'
import { readPeerAddress, requireHost, tcpAddress } from '../peer-address.ts'
import type { AddressRules } from '../peer-address.ts'
import { readCapabilities, readNodeType } from './claims.ts'

/** `ip:port`, then `:node_type` and `:capabilities` when given; later fields are for later versions. IPv6 stands in brackets. */
const RECORD = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})(?::([^:]*)(?::([^:]*)(?::.*)?)?)?$/i

/**
 * Reads one unsigned record: the specification's `ip:port:node_type:capabilities`, `dnsaddr=/…` (libp2p) or a plain multiaddr.
 * Quotes and spaces around it are tolerated. Throws `INVALID_VALUE`, `ADDRESS_UNUSABLE` or `ADDRESS_NOT_PUBLIC`.
 */
export function parseSeedRecord (text: string, rules: AddressRules): Hint {
  const record = text.trim().replace(/^"(.*)"$/, '$1').trim()
  const address = record.replace(/^dnsaddr=/i, '')
  if (address.startsWith('/')) {
    const { address: where, peer } = readPeerAddress(address, rules)
    return { addresses: [where], ...(peer === undefined ? {} : { peer }) }
  }
  const [, v6, v4, digits, nodeType = '', capabilities = ''] = RECORD.exec(record) ?? []
  const ip = v6 ?? v4
  const port = Number(digits)
  if (ip === undefined || port < 1 || port > 65_535) throw new TosError('INVALID_VALUE', `not a seed record: ${record.slice(0, 80)}`)
  requireHost(ip, rules)
  return { addresses: [tcpAddress(ip.toLowerCase(), port)], nodeType: readNodeType(nodeType.trim()), services: readCapabilities(capabilities.trim()) }
}
