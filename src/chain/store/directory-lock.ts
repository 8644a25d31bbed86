import { rm } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import { TosError } from '../../errors/index.ts'

/** Keeps other processes out until it is released. */
export interface DirectoryLock {
  release (): Promise<void>
}

/**
 * Node has no file lock, but an open LevelDB holds one that the kernel lets go of with the process. An empty one guards the block log
 * while nobody has it open: its tables are checked and moved before LevelDB may see them. Throws `DATA_DIR_LOCKED` or
 * `DATA_DIR_UNREADABLE`.
 */
export async function lockDirectory (path: string): Promise<DirectoryLock> {
  try {
    return await acquire(path)
  } catch (error) {
    if (isLocked(error)) throw new TosError('DATA_DIR_LOCKED', `another process uses ${path}`, { cause: error })
  }
  // damaged: it holds nothing, and nobody else has it
  try {
    await rm(path, { recursive: true, force: true })
    return await acquire(path)
  } catch (error) {
    throw new TosError(isLocked(error) ? 'DATA_DIR_LOCKED' : 'DATA_DIR_UNREADABLE', `cannot lock ${path}`, { cause: error })
  }
}

async function acquire (path: string): Promise<DirectoryLock> {
  const db = new ClassicLevel(path)
  await db.open()
  return { release: () => db.close() }
}

function isLocked (error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'LEVEL_LOCKED'
}
