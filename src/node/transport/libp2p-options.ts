import { yamux } from '@chainsafe/libp2p-yamux'
import type { Identify } from '@libp2p/identify'
import type { ComponentLogger, ConnectionGater, Ed25519PrivateKey, ServiceMap } from '@libp2p/interface'
import { kadDHT, passthroughMapper, removePrivateAddressesMapper } from '@libp2p/kad-dht'
import type { KadDHT, KadDHTInit } from '@libp2p/kad-dht'
import { mdns } from '@libp2p/mdns'
import { ping } from '@libp2p/ping'
import type { Ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import type { TCPSocketOptions } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import type { Datastore } from 'interface-datastore'
import type { Libp2pOptions } from 'libp2p'
import { cachedSigner } from './cached-signer.ts'
import { corkPerTick } from './cork.ts'
import type { ProtectorFactory } from './cork.ts'
import { lazyTls } from './lazy-tls.ts'
import { lazyWindow } from './lazy-window.ts'
import { lenientIdentify } from './lenient-identify.ts'
import { createPendingGate, isLoopback } from './pending-gate.ts'
import { knownPeers, withoutKeepAlive } from './no-own-dials.ts'
import { silentLogger } from './silent-logger.ts'
import { ownAddresses } from './own-addresses.ts'
import type { OwnAddresses } from './own-addresses.ts'
import type { ReachParts } from './reach.ts'
import { createTransportGater } from './transport-gater.ts'
import { TRANSPORT_LIMITS } from './transport-settings.ts'
import type { TransportLimits } from './transport-settings.ts'
import { tunedNoise } from './tuned-noise.ts'
import { keepUnread } from './unread-bytes.ts'

/** Encryption of connections over TCP and web sockets. */
export type Encryption = 'noise' | 'tls'

/** Kinds of DHT records by the first part of their keys: who may store one, and which of several counts. Without a validator none of a kind is kept. */
export type DhtRecords = Required<Pick<KadDHTInit, 'validators' | 'selectors'>>

/** What a node says of its transport; everything else follows. */
export interface TransportSettings {
  /** `mainnet`, `testnet`, `devnet` or a private name. */
  readonly network: string
  readonly privateKey: Ed25519PrivateKey
  /** Multiaddrs to listen on, tcp or ws. */
  readonly listen: readonly string[]
  /** Multiaddrs to announce instead of what is found by listening; empty: as found. */
  readonly announce?: readonly string[]
  /** Multiaddrs of peers to begin with. */
  readonly bootstrap?: readonly string[]
  /** Look for peers on the local network, default off. */
  readonly mdns?: boolean
  /** Protocol id of the DHT; default the network's own. */
  readonly kadProtocol?: string
  /** Beside public keys (`/pk/`). */
  readonly dhtRecords?: DhtRecords
  /** Whether other peers may ask us: `server` answers DHT queries, `client` only asks. */
  readonly dht: 'server' | 'client'
  /** Sent by identify, e.g. `tosd/0.1.0`. */
  readonly userAgent: string
  readonly datastore?: Datastore
  /** Default: silent. */
  readonly logger?: ComponentLogger
  /** Asked after the pending limit; denies on `true`. */
  readonly gater?: ConnectionGater
  readonly limits?: Partial<TransportLimits>
  /** In order of preference, default noise, then TLS. */
  readonly security?: readonly Encryption[]
  /** Cipher of a private network, see `loadNetworkKey`. */
  readonly protector?: ProtectorFactory
  /** Further transports and services: what `loadReach` brought in. */
  readonly reach?: ReachParts
}

/** The libp2p services every node has; merge your own beside them. */
export interface TransportServices extends ServiceMap {
  identify: Identify
  ping: Ping
  dht: KadDHT
  addresses: OwnAddresses
}

/** Protocol id of the network's DHT. */
export const kadProtocol = (network: string): string => `/tos/${network}/kad/1.0.0`

/** Multicast DNS service of the network, named as the specification names it; another tag is another network. */
export const mdnsServiceTag = (network: string): string => `_tos-${network}._tcp.local`

/** Networks that anyone can join over the internet: private addresses mean nothing there, and nobody is exempt from limits. */
export const isPublicNetwork = (network: string): boolean => network === 'mainnet' || network === 'testnet'

/**
 * The tuned and hardened options of `createLibp2p`. Pure: nothing is opened before libp2p itself starts, and each call makes
 * a gater of its own. Merge services beside the returned ones: `{ ...options, services: { ...options.services, mine } }`.
 */
export function createLibp2pOptions (settings: TransportSettings): Libp2pOptions<TransportServices> {
  const limits: TransportLimits = { ...TRANSPORT_LIMITS, ...settings.limits }
  const { network, datastore } = settings
  const wire = wireOptions(limits, settings)
  const open = isPublicNetwork(network)
  const gate = createPendingGate({
    maxPerHost: limits.maxPendingInboundPerIp,
    maxHosts: limits.maxPendingInbound,
    exempt: host => !open && isLoopback(host)
  })

  return {
    privateKey: cachedSigner(settings.privateKey),
    nodeInfo: { userAgent: settings.userAgent },
    addresses: { listen: [...settings.listen], announce: [...settings.announce ?? []] },
    logger: settings.logger ?? silentLogger,
    ...(datastore === undefined ? {} : { datastore }),
    ...wire,
    transports: [...wire.transports ?? [], ...settings.reach?.transports ?? []] as NonNullable<Libp2pOptions['transports']>,
    connectionGater: createTransportGater(gate, settings.gater),
    connectionManager: managerOptions(limits),
    // its ping shares libp2p's ping protocol with ours and cannot tell a busy slot from a dead peer: let it measure, not hang up
    connectionMonitor: { abortConnectionOnPingFailure: false, pingInterval: 30_000 },
    peerDiscovery: [
      ...(settings.bootstrap === undefined || settings.bootstrap.length === 0 ? [] : [knownPeers({ list: [...settings.bootstrap], timeout: 0 })]),
      ...(settings.mdns === true ? [mdns({ serviceTag: mdnsServiceTag(network) })] : [])
    ],
    services: {
      ...settings.reach?.services,
      addresses: ownAddresses(),
      identify: lenientIdentify({ maxMessageSize: limits.identifyMessageBytes, timeout: limits.negotiationTimeoutMs }),
      ping: ping({ maxInboundStreams: limits.pingStreams, maxOutboundStreams: limits.pingStreams }),
      dht: withoutKeepAlive(kadDHT({
        protocol: settings.kadProtocol ?? kadProtocol(network),
        ...settings.dhtRecords,
        clientMode: settings.dht === 'client',
        // the default mapper drops private addresses, which leaves a DHT on loopback or a LAN empty
        peerInfoMapper: open ? removePrivateAddressesMapper : passthroughMapper,
        // names of its own, so that a crawler may mount a second DHT beside this one
        logPrefix: 'libp2p:dht-tos',
        datastorePrefix: '/dht-tos',
        metricsPrefix: 'libp2p_dht_tos'
      }))
    }
  }
}

/** Transports, encryption and multiplexing. Each deviation from stock is measured in `scripts/bench/transport.ts`. */
export function wireOptions (limits: TransportLimits, { security = ['noise', 'tls'], protector }: Pick<TransportSettings, 'security' | 'protector'> = {}): Pick<Libp2pOptions, 'transports' | 'connectionEncrypters' | 'streamMuxers' | 'connectionProtector'> {
  // `highWaterMark` is an option of node:net that libp2p passes through without naming it in its type
  const socket: TCPSocketOptions & { highWaterMark: number } = { highWaterMark: limits.socketBufferBytes }
  return {
    transports: [tcp({ dialOpts: socket, listenOpts: socket }), webSockets()],
    connectionEncrypters: security.map(name => name === 'noise' ? tunedNoise() : lazyTls()),
    connectionProtector: corkPerTick(protector),
    streamMuxers: [keepUnread(lazyWindow(yamux({
      maxInboundStreams: limits.maxStreams,
      maxOutboundStreams: limits.maxStreams,
      streamOptions: {
        maxStreamWindowSize: limits.streamWindowBytes,
        maxReadBufferLength: limits.streamReadBufferBytes,
        maxWriteBufferLength: limits.streamWriteBufferBytes
      }
    })))]
  }
}

function managerOptions (limits: TransportLimits): NonNullable<Libp2pOptions['connectionManager']> {
  return {
    maxConnections: limits.maxConnections,
    maxIncomingPendingConnections: limits.maxPendingInbound,
    // the library counts accepted connections per second and host, which refuses local swarms and honest neighbours alike;
    // our gater counts unfinished ones instead
    inboundConnectionThreshold: Number.POSITIVE_INFINITY,
    inboundUpgradeTimeout: limits.upgradeTimeoutMs,
    inboundStreamProtocolNegotiationTimeout: limits.negotiationTimeoutMs,
    outboundStreamProtocolNegotiationTimeout: limits.negotiationTimeoutMs,
    dialTimeout: limits.dialTimeoutMs,
    maxParallelDials: limits.maxParallelDials,
    maxDialQueueLength: limits.maxDialQueue,
    maxPeerAddrsToDial: limits.maxAddressesPerDial
  }
}
