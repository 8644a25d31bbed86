/** Transports a peer may be asked for. */
export const TRANSPORTS = ['tcp', 'ws', 'quic', 'webrtc-direct'] as const
export type TransportName = (typeof TRANSPORTS)[number]

/** Encryption a peer may be asked for, best first. */
export const SECURITY = ['noise', 'tls'] as const
export type SecurityName = (typeof SECURITY)[number]

/** What a peer is started with: the one argument of its command line, as JSON. */
export interface PeerConfig {
  /** Multiaddrs, loopback and port 0; empty: listens nowhere. */
  readonly listen: readonly string[]
  /** Multiaddrs to tell others in place of `listen`; js-libp2p tells public ones only so, or once a peer has dialled them. Own peers only. */
  readonly announce?: readonly string[]
  readonly transports: readonly TransportName[]
  readonly security: readonly SecurityName[]
  /** Ed25519 seed, 64 hex digits; without one the identity is fresh. */
  readonly seed?: string
  /** Default ed25519. */
  readonly keyType?: 'ed25519' | 'rsa' | 'secp256k1'
  /** Key of a private network (pnet), 64 hex digits. */
  readonly psk?: string
  readonly kad?: { readonly protocol: string, readonly mode: 'server' | 'client' } | null
  readonly gossip?: { readonly protocols?: readonly string[] } | null
  readonly relay?: { readonly server: boolean, readonly client: boolean, readonly dcutr?: boolean } | null
  /** Replace relayed connections by direct ones (DCUtR); acts with `relay.client` only. The rust peer has it as `relay.dcutr`. */
  readonly holePunching?: boolean
}

/** Something of the configuration, or a command, that this peer does not have: a skipped cell, not a failed one. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
}

const KEYS: ReadonlySet<string> = new Set(['listen', 'announce', 'transports', 'security', 'seed', 'keyType', 'psk', 'kad', 'gossip', 'relay', 'holePunching'])

/** The configuration out of its JSON. Throws `Unsupported` for entries that are not known here. */
export function parsePeerConfig (json: string): PeerConfig {
  const given = JSON.parse(json) as Partial<PeerConfig>
  for (const key of Object.keys(given)) if (!KEYS.has(key)) throw new Unsupported(key)
  const { listen = [], transports = ['tcp'], security = ['noise'] } = given
  for (const name of transports) if (!TRANSPORTS.includes(name)) throw new Unsupported(`transport ${name}`)
  for (const name of security) if (!SECURITY.includes(name)) throw new Unsupported(`security ${name}`)
  return { ...given, listen, transports, security }
}
