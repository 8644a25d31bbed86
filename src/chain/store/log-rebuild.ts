import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TosError } from '../../errors/index.ts'
import { FLUSH_KEY, decodeRecord, encodeRecord, recordKey } from './block-log.ts'
import type { BlockReplacer } from './block-store.ts'
import { openLog } from './level-log.ts'
import type { LevelLog } from './level-log.ts'
import { STORE_FILES } from './store-manifest.ts'

const COPY_BATCH = 64

/** What a copy of a log is made from. */
export interface LogCopy {
  readonly location: string
  readonly count: number
  /** Where the hash chain begins. */
  readonly seed: Uint8Array
  readonly replace?: BlockReplacer
}

/**
 * Copies the records into a new directory beside the log, chained anew, and returns the hash of the last: tables that hold damage would
 * fail again at the next compaction. The log itself stays as it is. Throws what writing throws, having removed the copy.
 */
export async function copyLog (old: LevelLog, { location, count, seed, replace }: LogCopy): Promise<Uint8Array> {
  const path = join(location, STORE_FILES.rebuilt)
  await rm(path, { recursive: true, force: true })
  let hash = seed
  try {
    const { db } = await openLog(path)
    try {
      for (let from = 1; from <= count; from += COPY_BATCH) {
        const numbers = Array.from({ length: Math.min(COPY_BATCH, count - from + 1) }, (_, i) => from + i)
        const records = await readRecords(old, numbers)
        await db.batch(records.map((record, i) => {
          const number = numbers[i] as number
          const block = replace?.(record, number) ?? record
          if (block === undefined) throw new TosError('STORE_CORRUPT', `block ${number} cannot be read`, { details: { number } })
          const encoded = encodeRecord(hash, number, block)
          hash = encoded.hash
          return { type: 'put', key: recordKey(number), value: encoded.value }
        }))
      }
      await db.put(FLUSH_KEY, recordKey(count), { sync: true })
    } finally {
      await db.close()
    }
  } catch (error) {
    await rm(path, { recursive: true, force: true })
    throw error
  }
  return hash
}

async function readRecords (db: LevelLog, numbers: readonly number[]): Promise<Array<Uint8Array | undefined>> {
  const values = await db.getMany(numbers.map(recordKey)).catch(() =>
    // one that cannot be read fails them all
    Promise.all(numbers.map(number => db.get(recordKey(number)).catch(() => undefined))))
  return values.map((value, i) => value === undefined ? undefined : decodeRecord(value, numbers[i] as number)?.block)
}

/** Puts a finished copy in the place of the closed log, which is kept under the name for damaged ones or removed. */
export async function swapLog (location: string, { keepOld }: { readonly keepOld: boolean }): Promise<void> {
  const aside = join(location, keepOld ? STORE_FILES.damaged : STORE_FILES.replaced)
  await putAside(join(location, STORE_FILES.log), aside)
  await rename(join(location, STORE_FILES.rebuilt), join(location, STORE_FILES.log))
  await syncDirectory(location)
  if (!keepOld) await rm(aside, { recursive: true, force: true })
}

/**
 * Ends what a crash interrupted. Between the two renames of a swap the new log stands under its first name alone; at any other moment
 * the log is whole, and a copy or a replaced log beside it is waste. Call it under the lock.
 */
export async function finishRebuild (location: string): Promise<void> {
  const [log, rebuilt, replaced, copy] = [STORE_FILES.log, STORE_FILES.rebuilt, STORE_FILES.replaced, STORE_FILES.copy].map(name => join(location, name)) as [string, string, string, string]
  try {
    await rename(rebuilt, log).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
      await rm(rebuilt, { recursive: true, force: true })
    })
    for (const waste of [replaced, copy]) await rm(waste, { recursive: true, force: true })
  } catch (error) {
    throw new TosError('DATA_DIR_UNREADABLE', `cannot use ${location}`, { cause: error })
  }
}

/** Renames a directory, replacing one that was put aside before. */
export async function putAside (from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await rename(from, to)
}

async function syncDirectory (path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
