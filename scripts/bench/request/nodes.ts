import { yamux } from '@chainsafe/libp2p-yamux'
import { noise } from '@chainsafe/libp2p-noise'
import { fetch } from '@libp2p/fetch'
import type { Fetch } from '@libp2p/fetch'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import type { ProtocolService } from '../../../src/protocol/index.ts'
import type { SessionService } from '../../../src/secure/index.ts'
import { benchKernel, benchSessions } from '../session/nodes.ts'
import { benchTransport } from '../transport-settings.ts'
import { echoProtocol } from './echo.ts'
import type { Echo } from './echo.ts'

/** Limits that no contender hits; the same for both. */
const OPEN = { connectionManager: { inboundConnectionThreshold: 10_000, maxIncomingPendingConnections: 1000 }, connectionMonitor: { enabled: false } } as const

/** A libp2p node as its documentation sets it up, with `@libp2p/fetch`. */
export async function stockNode (): Promise<Libp2p<{ fetch: Fetch }>> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()],
    ...OPEN, services: { fetch: fetch({ maxInboundStreams: 1000, maxOutboundStreams: 1000 }) }
  })
}

/** How a node of ours protects its streams: the name of its contender. */
const PRIVACY = { ours: undefined, sealed: 'low', 'sealed-padded': 'medium' } as const
export type TosKind = keyof typeof PRIVACY

/** True for the contenders that are nodes of ours. */
export const isTosKind = (contender: string): contender is TosKind => Object.hasOwn(PRIVACY, contender)

/** Ours: the tuned transport and a kernel with one protocol, plain or under sessions. */
export async function tosNode (kind: TosKind): Promise<Libp2p<{ echo: ProtocolService<Echo, Echo>, session?: SessionService }>> {
  const privacy = PRIVACY[kind]
  const sessions = privacy === undefined ? undefined : benchSessions()
  const services = { echo: benchKernel(sessions).mount(echoProtocol(privacy ?? 'low')) }
  const transport = { ...await benchTransport(), ...OPEN }
  return sessions === undefined
    ? createLibp2p({ ...transport, services })
    : createLibp2p({ ...transport, services: { ...services, session: sessions.service } })
}
