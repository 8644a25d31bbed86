import type { ComponentLogger, Ed25519PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'
import type { Config } from '../config/index.ts'
import type { Encryption, TransportSettings } from './transport/index.ts'

/** Connections above the most that we keep: newcomers that are told why they cannot stay, duplicates, feelers. */
const ARRIVING = 32

/** The transport's settings out of the configuration: the one place where the two vocabularies meet. */
export function transportSettings (config: Config, privateKey: Ed25519PrivateKey, datastore: Datastore, logger: ComponentLogger | undefined): TransportSettings {
  const { limits, network, preset } = config
  return {
    network, privateKey, datastore,
    listen: config.listen,
    announce: config.announce,
    // an address without a peer id cannot be pinned: our own dialler takes it on trust
    bootstrap: config.bootstrap.filter(address => address.includes('/p2p/')),
    mdns: config.mdns,
    kadProtocol: config.kadProtocol,
    security: config.security as readonly Encryption[],
    dht: preset === 'light' ? 'client' : 'server',
    userAgent: config.userAgent,
    ...(logger === undefined ? {} : { logger }),
    limits: {
      // ours decides who leaves, by usefulness and with a word; the library's own limit, which knows neither, stays out of reach
      maxConnections: config.peers.max + config.peers.static.length + ARRIVING,
      maxPendingInbound: limits.maxPendingInbound,
      maxPendingInboundPerIp: limits.maxPendingPerIp,
      upgradeTimeoutMs: limits.upgradeTimeoutMs,
      negotiationTimeoutMs: limits.negotiationTimeoutMs,
      dialTimeoutMs: limits.dialTimeoutMs,
      maxParallelDials: limits.parallelDials,
      maxStreams: limits.yamuxStreams,
      streamWindowBytes: limits.yamuxWindowBytes,
      streamReadBufferBytes: limits.readBufferBytes,
      streamWriteBufferBytes: limits.writeBufferBytes
    }
  }
}
