import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import type { Libp2pOptions } from 'libp2p'
import type { Config } from '../config/index.ts'
import { toTosError, TosError } from '../errors/index.ts'
import { rateLimiter, reputation } from '../peers/guard/index.ts'
import { gossipPoints, isForeign } from './guard-parts.ts'
import { listenError } from './listen-error.ts'
import type { NetworkParts } from './network-parts.ts'
import type { GivenParts, NodeBase } from './open-base.ts'
import type { PeerParts } from './peer-parts.ts'
import { gossipOptions, mountAll } from './services.ts'
import type { Definitions } from './services.ts'
import type { TosServices } from './tos-node.ts'
import { transportSettings } from './transport-of-config.ts'
import { createLibp2pOptions, loadReach } from './transport/index.ts'

/** Creates and starts libp2p with every definition mounted. Throws `LISTEN_FAILED`, `QUIC_UNAVAILABLE`, or a mounting error. */
export async function startLibp2p (config: Config, { privateKey, datastore }: NodeBase, { guard, kernel, sessions, peers }: Pick<NetworkParts, 'guard' | 'kernel' | 'sessions' | 'peers'>, definitions: Definitions, { logger, transports }: Pick<GivenParts, 'logger' | 'transports'>): Promise<Libp2p<TosServices>> {
  const transport = createLibp2pOptions({ ...transportSettings(config, privateKey, datastore, logger), gater: guard.gater, reach: await loadReach(config) })
  // the limiter watches handlers registered after it;
  // topics look for GossipSub under this name, so it stands before them
  const services = { rateLimiter: rateLimiter(guard, isForeign(config.network)), ...transport.services, reputation: reputation(guard), session: sessions.service, pubsub: gossipsub(gossipOptions(config.network, definitions, gossipPoints(guard))), ...mountAll(kernel, definitions) }
  try {
    return await createLibp2p({ ...transport, ...(transports === undefined ? {} : { transports }), peerDiscovery: watched(transport.peerDiscovery, peers), services } as unknown as Libp2pOptions<TosServices>)
  } catch (cause) {
    if (cause instanceof TosError) throw cause
    throw listenError(cause, config.listen) ?? toTosError(cause)
  }
}

/** The discovery modules, each listened to as it is made. */
function watched (modules: Libp2pOptions['peerDiscovery'] = [], { watch }: PeerParts): NonNullable<Libp2pOptions['peerDiscovery']> {
  return modules.map(make => components => {
    const made = make(components)
    watch(made)
    return made
  })
}
