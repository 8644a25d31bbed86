import type { ComponentLogger } from '@libp2p/interface'
import type { Config } from '../config/index.ts'
import type { TosNodeHandle } from '../monitor/index.ts'
import { toHex } from '../wire/index.ts'
import { createChainApi } from './api/chain-api.ts'
import { createDoctorApi } from './api/doctor-api.ts'
import { createGuardApi } from './api/guard-api.ts'
import { createInfoApi } from './api/info-api.ts'
import { createMiningApi } from './api/mining-api.ts'
import { createLightApi } from './api/light-api.ts'
import { createPeersApi } from './api/peers-api.ts'
import { createRequestApi } from './api/request-api.ts'
import { createTosNode } from './create-tos-node.ts'
import { limitHeapGrowth, startRestCollector } from './rest-collector.ts'

/** Starts a node for the daemon: the node, and the API the admin socket carries. Throws as `createTosNode` does. */
export async function startDaemonNode (config: Config, logger?: ComponentLogger): Promise<TosNodeHandle> {
  const startedAt = performance.now()
  limitHeapGrowth()
  const node = await createTosNode({ ...config, ...(logger === undefined ? {} : { logger }) })
  const stopCollector = startRestCollector()
  return {
    api: { ...createInfoApi(node, startedAt), ...createDoctorApi(node), ...createPeersApi(node), ...createGuardApi(node), ...createChainApi(node), ...createLightApi(node), ...createMiningApi(node), ...createRequestApi(node), events: (_params, options) => node.tos.events.stream(options) },
    ready: { peerId: node.peerId.toString(), nodeId: toHex(node.tos.nodeId), addrs: node.getMultiaddrs().map(String) },
    events: node.tos.events,
    stop: () => {
      stopCollector()
      return node.stop() as Promise<void>
    }
  }
}
