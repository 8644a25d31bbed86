import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { genesisOf } from '../block/genesis.ts'
import { lockDirectory } from '../store/directory-lock.ts'
import { openLevelStore } from '../store/level-store.ts'
import { copyStore } from '../store/store-copy.ts'
import { finishRebuild } from '../store/log-rebuild.ts'
import { STORE_FILES, claimDirectory } from '../store/store-manifest.ts'
import { verifyChain } from './chain-verify.ts'
import type { ChainVerification, VerifyOptions } from './chain-verify.ts'

/**
 * Verifies the block store in `location` that no node has open, and changes nothing in it: opening it as a node does would already repair
 * what can be repaired. Throws `DATA_DIR_LOCKED`, `GENESIS_MISMATCH` and what else opening throws, and `ABORTED`.
 */
export async function verifyStore (location: string, options: VerifyOptions): Promise<ChainVerification> {
  const identity = { network: options.network, genesis: genesisOf(options.network).hash, difficulty: options.difficulty }
  await claimDirectory(location, identity)
  const lock = await lockDirectory(join(location, STORE_FILES.lock))
  let copy: string | undefined
  try {
    await finishRebuild(location)
    copy = await copyStore(location)
    const store = await openLevelStore(copy, identity)
    try {
      const result = await verifyChain(store, options)
      if (result.damage !== undefined) return result
      // what a walk cannot see: an end that is missing, a table that had to be repaired
      const recovery = await store.load(() => {})
      return recovery === undefined ? result : { ...result, damage: { number: recovery.kept + 1, reason: recovery.reason } }
    } finally {
      await store.close()
    }
  } finally {
    if (copy !== undefined) await rm(copy, { recursive: true, force: true })
    await lock.release()
  }
}
