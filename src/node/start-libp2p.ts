import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import type { Libp2pOptions } from 'libp2p'
import type { Config } from '../config/index.ts'
import { ERROR_CODES, toTosError, TosError } from '../errors/index.ts'
import { rateLimiter, reputation } from '../peers/guard/index.ts'
import { openTopics } from '../gossip/index.ts'
import { gossipPoints, isForeign } from './guard-parts.ts'
import { listenError } from './listen-error.ts'
import type { NetworkParts } from './network-parts.ts'
import type { GivenParts, NodeBase } from './open-base.ts'
import type { PeerParts } from './peer-parts.ts'
import { readPrivateFile } from './private-file.ts'
import { gossipOptions, mountAll } from './services.ts'
import type { Definitions } from './services.ts'
import type { TosServices } from './tos-node.ts'
import { transportSettings } from './transport-of-config.ts'
import { createLibp2pOptions, loadNetworkKey, loadReach, parseNetworkKey } from './transport/index.ts'
import type { ProtectorFactory } from './transport/index.ts'

/** Creates and starts libp2p with every definition mounted. Throws `LISTEN_FAILED`, `PSK_INVALID`, `QUIC_UNAVAILABLE`, `WEBRTC_UNAVAILABLE`, or a mounting error. */
export async function startLibp2p (config: Config, { privateKey, datastore }: NodeBase, { guard, kernel, sessions, peers }: Pick<NetworkParts, 'guard' | 'kernel' | 'sessions' | 'peers'>, definitions: Definitions, { logger, transports, dhtRecords }: Pick<GivenParts, 'logger' | 'transports' | 'dhtRecords'>): Promise<Libp2p<TosServices>> {
  const transport = createLibp2pOptions({ ...transportSettings(config, privateKey, datastore, logger), gater: guard.gater, reach: await loadReach(config), ...await privateNetwork(config), ...(dhtRecords === undefined ? {} : { dhtRecords }) })
  // the limiter watches handlers registered after it;
  // topics look for GossipSub under this name, so it stands before them
  const services = { rateLimiter: rateLimiter(guard, isForeign(config.kadProtocol)), ...transport.services, reputation: reputation(guard), session: sessions.service, pubsub: gossipsub(gossipOptions(config.network, definitions, config.topic, gossipPoints(guard))), topics: openTopics(config.topic), ...mountAll(kernel, definitions) }
  try {
    return await createLibp2p({ ...transport, ...(transports === undefined ? {} : { transports }), peerDiscovery: watched(transport.peerDiscovery, peers), services } as unknown as Libp2pOptions<TosServices>)
  } catch (cause) {
    if (cause instanceof TosError) throw cause
    throw listenError(cause, config.listen) ?? toTosError(cause)
  }
}

/** The cipher of `--psk`. Throws `PSK_INVALID`. */
async function privateNetwork ({ psk }: Config): Promise<{ protector?: ProtectorFactory }> {
  if (psk === '') return {}
  return { protector: await loadNetworkKey(parseNetworkKey(readPrivateFile(psk, { what: 'network key', code: 'PSK_INVALID', hint: ERROR_CODES.PSK_INVALID.hint }))) }
}

/** The discovery modules, each listened to as it is made. */
function watched (modules: Libp2pOptions['peerDiscovery'] = [], { watch }: PeerParts): NonNullable<Libp2pOptions['peerDiscovery']> {
  return modules.map(make => components => {
    const made = make(components)
    watch(made)
    return made
  })
}
