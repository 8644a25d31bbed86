import type { Connection, Transport } from '@libp2p/interface'
import type { AddressManager, NodeAddress, TransportManager } from '@libp2p/interface-internal'
import { TosError } from '../../errors/index.ts'

/** Ways to be reached, and to reach others, beside a listening socket. Each is loaded only when it is asked for. */
export interface ReachOptions {
  /** Ask the router for a port mapping (UPnP). */
  readonly upnp: boolean
  /** Dial, and be dialled, through relays (circuit relay v2). */
  readonly relay: boolean
  /** Relay for others, within the library's limits: 15 reservations, 128 KiB and 2 min a connection. */
  readonly relayServer: boolean
  /** Replace relayed connections by direct ones (hole punching); acts with `relay` only. */
  readonly dcutr: boolean
  /** Ask peers to dial us back, and do it for them. */
  readonly autonat: boolean
  readonly quic: boolean
}

type Factory = (components: never) => unknown

/** What `createLibp2pOptions` adds to its own. */
export interface ReachParts {
  readonly transports: ReadonlyArray<(components: never) => Transport>
  readonly services: Readonly<Record<string, Factory>>
}

/** Brings in the transport, whose native part is missing on some machines; replaced by tests that have none. */
export type QuicLoader = () => Promise<{ quic: () => (components: never) => Transport }>

const loadQuic: QuicLoader = async () => await import('@chainsafe/libp2p-quic') as unknown as Awaited<ReturnType<QuicLoader>>

/** Loads what the options name. Throws `QUIC_UNAVAILABLE` where the machine has no QUIC library. */
export async function loadReach ({ upnp, relay, relayServer, dcutr, autonat, quic }: ReachOptions, quicLoader: QuicLoader = loadQuic): Promise<ReachParts> {
  const transports: Array<(components: never) => Transport> = []
  const services: Record<string, Factory> = {}
  if (relay || relayServer) {
    const { circuitRelayServer, circuitRelayTransport } = await import('@libp2p/circuit-relay-v2')
    if (relay) transports.push(circuitRelayTransport())
    if (relayServer) services['relayServer'] = circuitRelayServer()
  }
  if (relay && dcutr) services['dcutr'] = (await import('@libp2p/dcutr')).dcutr()
  if (autonat) services['autonat'] = (await import('@libp2p/autonat')).autoNAT()
  // the mapping is trusted only once somebody dialled it, hence no autoConfirmAddress
  if (upnp) services['upnp'] = (await import('@libp2p/upnp-nat')).uPnPNAT({ portMappingDescription: 'tosd' })
  if (quic) transports.push(await openQuic(quicLoader))
  return { transports, services }
}

async function openQuic (load: QuicLoader): Promise<(components: never) => Transport> {
  try {
    return (await load()).quic()
  } catch (cause) {
    throw new TosError('QUIC_UNAVAILABLE', 'the QUIC library could not be loaded', { cause, details: { platform: process.platform, arch: process.arch } })
  }
}

/** What libp2p knows of its own addresses. */
export interface OwnAddresses {
  /** Addresses listened on, wildcards resolved. */
  listening (): string[]
  /** All that may be announced; `verified` by a peer that dialled them, or taken on trust where nobody checks. */
  known (): ReadonlyArray<{ readonly address: string, readonly verified: boolean, readonly type: NodeAddress['type'] }>
}

/** A libp2p service: `services: { addresses: ownAddresses() }`. */
export function ownAddresses (): (components: { transportManager: TransportManager, addressManager: AddressManager }) => OwnAddresses {
  return ({ transportManager, addressManager }) => ({
    listening: () => transportManager.getAddrs().map(String),
    known: () => addressManager.getAddressesWithMetadata().map(({ multiaddr, verified, type }) => ({ address: multiaddr.toString(), verified, type }))
  })
}

/** True for a connection that a relay carries: few bytes, not for long. */
export function isRelayed ({ limits }: Connection): boolean {
  return limits !== undefined
}
