import { TosError } from '../../errors/index.ts'
import { nearest } from '../../config/index.ts'
import { SHOWN } from '../../monitor/admin-api.ts'
import type { NodeApi, StatusView } from '../../monitor/index.ts'
import { toHex } from '../../wire/index.ts'
import type { TosNode } from '../tos-node.ts'
import { tipView } from './chain-api.ts'

/** The part of the admin API that speaks of the node itself. */
export function createInfoApi (node: TosNode, startedAt: number): Pick<NodeApi, 'id' | 'status' | 'show'> {
  const { config, ledger, nodeId } = node.tos
  const views: Readonly<Record<typeof SHOWN[number], () => unknown>> = {
    dump: () => node.dump(),
    protocols: () => node.getProtocols(),
    limits: () => config.limits,
    topics: () => node.services.pubsub.getTopics().map(topic => ({ topic, subscribers: node.services.pubsub.getSubscribers(topic).map(String) })),
    incidents: () => Object.fromEntries(node.tos.kernel.incidents.counts),
    candidates: () => node.tos.connector.candidates()
  }
  return {
    id: async () => ({
      peerId: node.peerId.toString(), nodeId: toHex(nodeId), addrs: node.getMultiaddrs().map(String), network: config.network,
      genesis: toHex(ledger.genesis), userAgent: config.userAgent, protocols: node.getProtocols()
    }),
    status: async () => statusOf(node, startedAt),
    async show ({ name }) {
      const known = SHOWN.find(shown => shown === name)
      if (known !== undefined) return views[known]()
      const close = nearest(name, SHOWN)
      throw new TosError('USAGE', `nothing is named ${name}`, { hint: `known: ${SHOWN.join(', ')}${close === undefined ? '' : `; did you mean ${close}?`}` })
    }
  }
}

/** Ready: has a peer or mines alone, and is not behind. */
export function statusOf (node: TosNode, startedAt: number): StatusView {
  const { config, ledger, mempool, sync, miner, nodeId } = node.tos
  const connections = node.getConnections().filter(({ status }) => status === 'open')
  const { state, target } = sync.progress()
  const reasons: string[] = []
  if (connections.length === 0 && !miner.running) reasons.push('no peer is connected')
  if (state !== 'idle') reasons.push(`behind: height ${ledger.tip().height} of ${target}`)
  const { rss, heapUsed } = process.memoryUsage()
  return {
    ready: reasons.length === 0,
    reasons,
    ...(connections.length === 0 ? { next: 'tosd peers connect <multiaddr>' } : {}),
    peerId: node.peerId.toString(),
    nodeId: toHex(nodeId),
    network: config.network,
    preset: config.preset,
    uptimeMs: Math.round(performance.now() - startedAt),
    peers: {
      connected: node.getPeers().length,
      inbound: connections.filter(({ direction }) => direction === 'inbound').length,
      outbound: connections.filter(({ direction }) => direction === 'outbound').length
    },
    chain: tipView(ledger.tip()),
    sync: state === 'idle' ? { state: 'idle' } : { state: 'syncing', targetHeight: Number(target) },
    mempool: mempool.size,
    mining: miner.running,
    memory: { rssBytes: rss, heapBytes: heapUsed }
  }
}
