import type { Connection, Transport } from '@libp2p/interface'
import { TosError } from '../../errors/index.ts'
import { loadHolePunch } from './hole-punch.ts'
import { timedStreams } from './timed-streams.ts'
import { TRANSPORT_LIMITS } from './transport-settings.ts'

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
  /** WebRTC-direct: what browsers dial without a certificate. */
  readonly webrtc: boolean
  /** What holds for yamux holds for QUIC, which brings its own streams; default as there. */
  readonly limits?: { readonly yamuxStreams: number, readonly upgradeTimeoutMs: number }
}

type Factory = (components: never) => unknown
type TransportFactory = (components: never) => Transport

/** What `createLibp2pOptions` adds to its own. */
export interface ReachParts {
  readonly transports: readonly TransportFactory[]
  readonly services: Readonly<Record<string, Factory>>
}

/** Bring in the transports whose native parts are missing on some machines; replaced by tests that have none. */
export interface NativeLoaders {
  readonly quic: () => Promise<{ quic: (options: { readonly maxConcurrentStreamLimit: number, readonly handshakeTimeout: number }) => TransportFactory }>
  readonly webrtc: () => Promise<{ webRTCDirect: () => TransportFactory }>
}

const LIMITS = { yamuxStreams: TRANSPORT_LIMITS.maxStreams, upgradeTimeoutMs: TRANSPORT_LIMITS.upgradeTimeoutMs }

const NATIVE = {
  quic: async () => await import('@chainsafe/libp2p-quic') as unknown as Awaited<ReturnType<NativeLoaders['quic']>>,
  webrtc: async () => await import('@libp2p/webrtc') as unknown as Awaited<ReturnType<NativeLoaders['webrtc']>>
} satisfies NativeLoaders

/** Loads what the options name. Throws `QUIC_UNAVAILABLE` or `WEBRTC_UNAVAILABLE` where the machine has no such library. */
export async function loadReach ({ upnp, relay, relayServer, dcutr, autonat, quic, webrtc, limits = LIMITS }: ReachOptions, native: NativeLoaders = NATIVE): Promise<ReachParts> {
  const transports: TransportFactory[] = []
  const services: Record<string, Factory> = {}
  if (relay || relayServer) {
    const { circuitRelayServer, circuitRelayTransport } = await import('@libp2p/circuit-relay-v2')
    if (relay) transports.push(circuitRelayTransport())
    if (relayServer) services['relayServer'] = circuitRelayServer()
  }
  if (relay && dcutr) services['dcutr'] = await loadHolePunch()
  if (autonat) services['autonat'] = (await import('@libp2p/autonat')).autoNAT()
  // the mapping is trusted only once somebody dialled it, hence no autoConfirmAddress
  if (upnp) services['upnp'] = (await import('@libp2p/upnp-nat')).uPnPNAT({ portMappingDescription: 'tosd' })
  if (quic) transports.push(await open('QUIC', async () => timedStreams((await native.quic()).quic({
    maxConcurrentStreamLimit: limits.yamuxStreams,
    handshakeTimeout: limits.upgradeTimeoutMs
  }))))
  if (webrtc) transports.push(await open('WEBRTC', async () => (await native.webrtc()).webRTCDirect()))
  return { transports, services }
}

async function open (name: 'QUIC' | 'WEBRTC', load: () => Promise<TransportFactory>): Promise<TransportFactory> {
  try {
    return await load()
  } catch (cause) {
    throw new TosError(`${name}_UNAVAILABLE`, `the ${name} library could not be loaded`, { cause, details: { platform: process.platform, arch: process.arch } })
  }
}

/** True for a connection that a relay carries: few bytes, not for long. */
export function isRelayed ({ limits }: Connection): boolean {
  return limits !== undefined
}
