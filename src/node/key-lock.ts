import { dirname, join } from 'node:path'
import { TosError } from '../errors/index.ts'
import { acquireLock } from './lock-file.ts'

/**
 * Runs `work` while no daemon and no other key command uses the directory of a key file: it takes the lock of the data directory.
 * Throws `DATA_DIR_LOCKED`, `KEY_UNREADABLE` when there can be no lock, and what `work` throws.
 */
export async function withKeyLock<T> (keyFile: string, work: () => Promise<T>): Promise<T> {
  const release = lock(keyFile)
  try {
    return await work()
  } finally {
    release()
  }
}

function lock (path: string): () => void {
  try {
    return acquireLock(join(dirname(path), 'lock'))
  } catch (error) {
    if (error instanceof TosError) throw error
    throw new TosError('KEY_UNREADABLE', `cannot use the directory of ${path}`, { cause: error, details: { path } })
  }
}
