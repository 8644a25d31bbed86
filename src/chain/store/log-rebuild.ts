import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TosError } from '../../errors/index.ts'
import { FLUSH_KEY, recordKey } from './block-log.ts'
import { openLog } from './level-log.ts'
import type { LevelLog } from './level-log.ts'
import { STORE_FILES } from './store-manifest.ts'

const COPY_BATCH = 64

/** Copies the sound records into a new directory: tables that hold damage would fail again at the next compaction. */
export async function rebuildLog (old: LevelLog, location: string, count: number): Promise<LevelLog> {
  const path = join(location, STORE_FILES.rebuilt)
  await rm(path, { recursive: true, force: true })
  const { db } = await openLog(path)
  for (let from = 1; from <= count; from += COPY_BATCH) {
    const keys = Array.from({ length: Math.min(COPY_BATCH, count - from + 1) }, (_, i) => recordKey(from + i))
    const values = await old.getMany(keys)
    await db.batch(values.map((value, i) => ({ type: 'put', key: keys[i] as Buffer, value: value as Buffer })))
  }
  await db.put(FLUSH_KEY, recordKey(count), { sync: true })
  await db.close()
  await old.close()
  await putAside(join(location, STORE_FILES.log), join(location, STORE_FILES.damaged))
  await rename(path, join(location, STORE_FILES.log))
  return (await openLog(join(location, STORE_FILES.log))).db
}

/** A crash between the two renames of a rebuild left the new log under its first name. */
export async function finishRebuild (location: string): Promise<void> {
  const path = join(location, STORE_FILES.log)
  try {
    await rename(join(location, STORE_FILES.rebuilt), path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // ENOENT: there is none. Otherwise the log still stands: the copy was not finished, and will be made again if need be.
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw new TosError('DATA_DIR_UNREADABLE', `cannot use ${location}`, { cause: error })
  }
}

/** Renames a directory, replacing one that was put aside before. */
export async function putAside (from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await rename(from, to)
}
