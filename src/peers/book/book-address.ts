import { isIP } from 'node:net'
import { formatIp, groupKey, isPublicIp, parseIp } from '../net/index.ts'
import type { IpAddress } from '../net/index.ts'

/** How the host is written; the place in the list is its number in the file, so new ones go to the end. */
export const HOST_KINDS = ['ip4', 'ip6', 'dns', 'dns4', 'dns6'] as const

/** What may follow the host, `*` being the port; the place in the list is its number in the file, so new ones go to the end. */
export const TRANSPORTS = ['/tcp/*', '/tcp/*/ws', '/tcp/*/wss', '/tcp/*/tls/ws', '/udp/*/quic-v1', '/udp/*', '/udp/*/quic-v1/webtransport'] as const

/** An address the book can keep, in its one canonical spelling and without a peer id. */
export interface BookAddress {
  readonly text: string
  readonly kind: typeof HOST_KINDS[number]
  /** The 4 or 16 bytes of an IP address as characters 0 to 255, which take a third of a byte array; or a name in lower case. */
  readonly host: string
  readonly port: number
  readonly transport: typeof TRANSPORTS[number]
  /** Network group: `203.0.0.0/16`, `2001:db8::/32`, or `name:example.org`. */
  readonly group: string
  /** False for what cannot be reached from the internet: special address ranges, and names without a dot or of a home network. */
  readonly isPublic: boolean
}

/** What stands before and after the port. */
const AROUND_PORT = Object.fromEntries(TRANSPORTS.map(transport => [transport, transport.split('*')])) as Record<typeof TRANSPORTS[number], [string, string]>
const TRANSPORT_OF: ReadonlyMap<string, typeof TRANSPORTS[number]> = new Map(TRANSPORTS.map(transport => [transport, transport]))
/** Names that mean something only at home (RFC 6761, RFC 6762). */
const HOME_NAMES = new Set(['localhost', 'local', 'internal', 'test', 'invalid', 'onion'])
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Reads a multiaddr `/ip4|ip6|dns|dns4|dns6/<host>/tcp|udp/<port>…`; a `/p2p/<id>` at its end is left out. IPv6 forms of IPv4 become
 * IPv4. Undefined for everything the book does not keep: relayed addresses, `/dnsaddr`, port 0, unknown transports.
 */
export function bookAddress (multiaddr: string): BookAddress | undefined {
  const parts = multiaddr.split('/')
  if (parts[0] !== '' || parts.length < 5) return undefined
  if (parts.at(-2) === 'p2p') parts.length -= 2
  const [, kind, host = '', protocol, portText = '', ...rest] = parts
  const transport = TRANSPORT_OF.get(['', protocol, '*', ...rest].join('/'))
  const port = /^[1-9]\d{0,4}$/.test(portText) ? Number(portText) : 0
  if (transport === undefined || port === 0 || port > 65_535) return undefined
  if (kind === 'ip4' || kind === 'ip6') {
    const ip = isIP(host) === (kind === 'ip4' ? 4 : 6) ? parseIp(host) : undefined
    return ip === undefined ? undefined : ofIp(ip, port, transport)
  }
  return kind === 'dns' || kind === 'dns4' || kind === 'dns6' ? ofName(kind, host.toLowerCase(), port, transport) : undefined
}

/** The address of `ip`: always canonical. */
export function ofIp (ip: IpAddress, port: number, transport: BookAddress['transport']): BookAddress {
  const kind = ip.version === 4 ? 'ip4' : 'ip6'
  const text = addressText(kind, formatIp(ip), port, transport)
  return { text, kind, host: asChars(ip.bytes), port, transport, group: groupKey(ip), isPublic: isPublicIp(ip) }
}

/** The address of a host name in lower case; undefined when it is no name (RFC 1123 §2.1). */
export function ofName (kind: 'dns' | 'dns4' | 'dns6', host: string, port: number, transport: BookAddress['transport']): BookAddress | undefined {
  const labels = host.split('.')
  // a last label of digits only is a number in disguise
  if (host.length > 253 || !labels.every(label => LABEL.test(label)) || /^\d+$/.test(labels.at(-1) as string)) return undefined
  const isPublic = labels.length > 1 && !HOME_NAMES.has(labels.at(-1) as string)
  return { text: addressText(kind, host, port, transport), kind, host, port, transport, group: `name:${labels.slice(-2).join('.')}`, isPublic }
}

function addressText (kind: BookAddress['kind'], host: string, port: number, transport: BookAddress['transport']): string {
  const [before, after] = AROUND_PORT[transport]
  return `/${kind}/${host}${before}${port}${after}`
}

function asChars (bytes: Uint8Array): string {
  let chars = ''
  for (const byte of bytes) chars += String.fromCharCode(byte)
  return chars
}

/** True when the host is a name and no IP address. */
export function isNameAddress ({ kind }: Pick<BookAddress, 'kind'>): boolean {
  return kind !== 'ip4' && kind !== 'ip6'
}

/** Network group of a multiaddr, as outbound slots are spread over; undefined when the book would not keep it. */
export function addressGroup (multiaddr: string): string | undefined {
  return bookAddress(multiaddr)?.group
}

/** Longest group of a source, characters. */
const MAX_SOURCE = 64

/**
 * Group of whoever told us: of an IP address or multiaddr its network group, else the text itself. Such a text (`dns:seed.example`,
 * `dht`) must be of our own making: a source that names itself would be as many sources as it likes.
 */
export function sourceGroup (source: string): string {
  const ip = parseIp(source)
  if (ip !== undefined) return groupKey(ip)
  return addressGroup(source) ?? source.replace(/[^\x21-\x7e]/g, '?').slice(0, MAX_SOURCE)
}
