import { createNodeCrypto } from './node-crypto.ts'
import type { SessionCrypto } from './session-crypto.ts'
import { createSessionsOn } from './session-service.ts'
import type { Sessions, SessionsOnOptions } from './session-service.ts'

/** Options of `createSessions`. */
export type SessionsOptions = Omit<SessionsOnOptions, 'crypto'> & {
  /** Default: `node:crypto`. */
  readonly crypto?: SessionCrypto
}

/**
 * Hybrid post-quantum sessions for `createLibp2p`: the dialler of each connection opens `/tos/<net>/session/1.0.0` and runs X25519 + ML-KEM-768
 * under Ed25519 signatures (WIRE.md §6). Peers that do not speak it stay connected and get no sealed stream.
 */
export function createSessions (options: SessionsOptions): Sessions {
  return createSessionsOn({ ...options, crypto: options.crypto ?? createNodeCrypto() })
}
