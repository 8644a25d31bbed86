import type { Libp2p } from '@libp2p/interface'
import type { Config } from '../config/index.ts'
import { TosError } from '../errors/index.ts'
import type { PeerManager } from '../peers/index.ts'
import { peerIdToNodeId } from '../protocol/index.ts'
import type { Scope } from './lifecycle.ts'
import type { NetworkParts } from './network-parts.ts'
import type { NodeBase } from './open-base.ts'
import type { TosNode, TosParts, TosServices } from './tos-node.ts'

/** Adds `tos`, `dump()` and a `stop()` that closes the whole node to a started libp2p; its `start()` throws `NODE_STOPPED` from then on. */
export function completeNode (libp2p: Libp2p<TosServices>, config: Config, { privateKey, ledger, datastore, hub }: NodeBase, { guard, measures, traffic, kernel, chain, shares, stem, pending, goodbyes, peers }: NetworkParts, connector: PeerManager, scope: Scope): TosNode {
  const tos: TosParts = {
    config, privateKey, kernel, ledger, connector, guard, measures, traffic,
    discovery: peers.snapshot,
    nodeId: peerIdToNodeId(libp2p.peerId),
    mempool: chain.mempool,
    sync: chain.sync,
    light: chain.light,
    miner: chain.miner,
    templates: chain.templates,
    shares,
    events: hub,
    imports: { running: 0 },
    submit: data => stem.submit(data),
    nextNonce: sender => stem.nextNonce(sender)
  }
  const dump = (): Record<string, Record<string, number>> => ({
    ...chain.dump(),
    shares: shares.dump(),
    connector: connector.dump(),
    discovery: peers.dump(),
    measures: measures.dump(),
    pending: { ...pending.counts },
    goodbyes: { size: goodbyes.size },
    peerRecords: { ...datastore.sizes },
    ...Object.fromEntries(Object.entries(libp2p.services).flatMap(([name, service]) => hasDump(service) ? [[name, service.dump()]] : []))
  })
  let stopped = false
  return Object.assign(libp2p, {
    tos, dump,
    // libp2p alone would start again, above a closed chain
    start: async () => { if (stopped) throw new TosError('NODE_STOPPED', 'this node was stopped') },
    stop: () => {
      stopped = true
      return scope.close()
    }
  })
}

function hasDump (service: unknown): service is { dump (): Record<string, number> } {
  return typeof service === 'object' && service !== null && 'dump' in service && typeof service.dump === 'function'
}
