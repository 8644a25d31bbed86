import type { ComponentLogger, Connection, PeerId } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import type { TosError } from '../errors/index.ts'
import type { Carriers } from './carriers.ts'
import type { StreamWatch } from './stream-watch.ts'

/** The parts of libp2p that a mounted protocol uses. */
export interface ProtocolComponents {
  readonly peerId: PeerId
  readonly registrar: Registrar
  readonly connectionManager: ConnectionManager
  readonly logger: ComponentLogger
}

/** What all protocols of one node share. Times are milliseconds. */
export interface KernelEnvironment {
  readonly network: string
  readonly carriers: Carriers
  /** Monotonic clock. */
  readonly clock: () => number
  /** A random u64. */
  readonly randomId: () => bigint
  /** Counts what happened on a connection; three damaged frames within a minute, on whatever protocols, close it. */
  readonly report: (connection: Connection, protocolId: string, error: TosError) => void
  readonly watch: StreamWatch
  /** Inbound streams of one protocol on one connection; further ones are reset. */
  readonly streamsPerProtocol: number
}
