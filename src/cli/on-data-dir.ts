import type { ReferenceLedger } from '../chain/index.ts'
import type { Config } from '../config/index.ts'
import { TosError } from '../errors/index.ts'
import type { AdminApi } from '../monitor/index.ts'

/** True when a node answers on the admin socket. */
export async function isRunning (api: AdminApi): Promise<boolean> {
  try {
    await api.id()
    return true
  } catch (error) {
    if (error instanceof TosError && error.code === 'DAEMON_UNREACHABLE') return false
    throw error
  }
}

/** Runs on the directory of the block store; the lock keeps a node from starting on it meanwhile. Throws as `openDataDir` does. */
export async function onChainDir<T> (config: Config, run: (location: string) => Promise<T>): Promise<T> {
  const { openDataDir } = await import('../node/data-dir.ts')
  const directory = openDataDir(config.dataDir, { network: config.network })
  try {
    return await run(directory.file('chain'))
  } finally {
    directory.close()
  }
}

/** The same with the ledger opened, which repairs what was damaged. */
export async function onLedger<T> (config: Config, run: (ledger: ReferenceLedger) => Promise<T>): Promise<T> {
  return await onChainDir(config, async location => {
    const { createReferenceLedger } = await import('../chain/index.ts')
    const ledger = await createReferenceLedger({ network: config.network, difficulty: BigInt(config.difficulty), location })
    try {
      return await run(ledger)
    } finally {
      await ledger.close()
    }
  })
}
