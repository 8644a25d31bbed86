import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { createKernel } from '../../../src/protocol/index.ts'
import type { Kernel } from '../../../src/protocol/index.ts'
import { createSessions } from '../../../src/secure/index.ts'
import type { SessionInfo, SessionService, SessionsOptions } from '../../../src/secure/index.ts'
import { benchTransport } from '../transport-settings.ts'

const NETWORK = 'devnet'

/** Limits that no measurement hits. */
export const OPEN = {
  connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxIncomingPendingConnections: 1_000, maxConnections: 1_000 },
  connectionMonitor: { enabled: false }
} as const

/** Sessions of a node with a chain of its own; `opened` is told of every exchange. */
export function benchSessions (opened?: (connection: Connection, info: SessionInfo) => void): ReturnType<typeof createSessions> {
  const options: SessionsOptions = {
    network: NETWORK,
    genesis: new Uint8Array(32).fill(9),
    // what `tosd` says: one tip
    hello: () => ({ nodeType: 0, services: 1n, height: 7n, tips: [new Uint8Array(32)], userAgent: 'bench/1' }),
    // a session that ends unasked spoils a figure: say why
    refused: (connection, error) => {
      process.stderr.write(`session refused: ${error.code} ${error.message}\n`)
      connection.abort(error)
    }
  }
  return createSessions(opened === undefined ? options : { ...options, opened })
}

/** A kernel whose streams are sealed by `sessions`, or plain without. */
export function benchKernel (sessions?: ReturnType<typeof createSessions>): Kernel {
  return createKernel(sessions === undefined ? { network: NETWORK } : { network: NETWORK, sessions })
}

export type SessionNode = Libp2p<{ session: SessionService }>

/** The tuned transport, identify as `tosd` has it, and sessions. */
export async function sessionNode (opened?: (connection: Connection, info: SessionInfo) => void): Promise<SessionNode> {
  const sessions = benchSessions(opened)
  return await createLibp2p({ ...await benchTransport(), ...OPEN, services: { session: sessions.service, identify: identify({ maxMessageSize: 8_192, timeout: 3_000 }) } })
}

/** A node as libp2p's documentation sets it up, with identify. */
export async function stockIdentifyNode (): Promise<Libp2p> {
  return await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()],
    ...OPEN, services: { identify: identify() }
  })
}
