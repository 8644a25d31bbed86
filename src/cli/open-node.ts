import type { Config } from '../config/index.ts'
import type { TosNodeHandle } from '../monitor/index.ts'

/** Starts a node with its log, as the daemon wants it. The only place of the command line that loads libp2p. */
export async function openNode (config: Config): Promise<TosNodeHandle> {
  const [{ startDaemonNode }, { createLog }] = await Promise.all([import('../node/index.ts'), import('../node/log.ts')])
  const { components } = await createLog(config.log)
  return await startDaemonNode(config, components)
}
