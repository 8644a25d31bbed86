import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TosError } from '../../errors/index.ts'
import { FLUSH_KEY, LAST_KEY, decodeRecord, encodeRecord, logSeed, recordKey } from './block-log.ts'
import type { BlockStore, StoreRecovery } from './block-store.ts'
import { lockDirectory } from './directory-lock.ts'
import { openHighMark } from './high-mark.ts'
import type { HighMark } from './high-mark.ts'
import { openLog } from './level-log.ts'
import type { LevelLog, OpenedLog } from './level-log.ts'
import { copyLog, finishRebuild, putAside, swapLog } from './log-rebuild.ts'
import { scanLog } from './log-scan.ts'
import { STORE_FILES, allowStubs, claimDirectory } from './store-manifest.ts'
import type { StoreIdentity } from './store-manifest.ts'

// room for a block, and for the files LevelDB writes when it opens
const PROBE_BYTES = 2 * 1024 * 1024

/**
 * Opens the block log in `location` (LevelDB with a hash chain over its records, see block-log.ts). Damage is found by `load`: what
 * stands before it is kept, a log damaged in the middle is rewritten and the old one put aside.
 * Throws what `claimDirectory` and `openLog` throw, except that a log beyond repair is put aside and reported by `load`.
 */
export async function openLevelStore (location: string, identity: StoreIdentity): Promise<BlockStore> {
  await claimDirectory(location, identity)
  const path = join(location, STORE_FILES.log)
  const damaged = join(location, STORE_FILES.damaged)
  const seed = logSeed(identity.genesis, identity.difficulty)
  const lock = await lockDirectory(join(location, STORE_FILES.lock))
  const parts = await openParts(location).catch(async (error: unknown) => { await lock.release(); throw error })
  const { mark, beyondRepair, repaired } = parts
  let { db } = parts
  let count = 0
  let lastHash = seed
  let state: 'open' | 'refused' | 'closed' = 'open'
  let reopening: Promise<void> | undefined

  const refuse = (cause: unknown): TosError => {
    if (state === 'open') state = 'refused'
    return new TosError('STORE_READ_ONLY', 'the disk refused to store a block', { cause, details: { location } })
  }
  /** Takes a finished copy into use; reads wait meanwhile. */
  const swap = async (keepOld: boolean): Promise<void> => {
    const swapped = Promise.withResolvers<void>()
    reopening = swapped.promise
    try {
      await db.close()
      await swapLog(location, { keepOld })
      db = (await openLog(path)).db
    } finally {
      swapped.resolve()
    }
  }
  const usable = (): void => { if (state === 'closed') throw new TosError('STORE_CLOSED', 'the block store is closed') }

  return {
    async load (visit) {
      const scan = await scanLog(db, seed, visit)
      count = scan.count
      lastHash = scan.hash
      const reason = beyondRepair ?? scan.fault ?? lostTail(mark.initial, count, repaired)
      const rewrite = scan.fault !== undefined || repaired !== undefined
      if (rewrite) {
        await copyLog(db, { location, count, seed })
        await swap(true)
      }
      mark.reset(count)
      if (reason === undefined) return undefined
      const dropped = Math.max(scan.behind, (mark.initial ?? count) - count)
      const setAside = rewrite || beyondRepair !== undefined ? { setAside: damaged } : {}
      return { code: 'STORE_CORRUPT', kept: count, dropped, reason, ...setAside } satisfies StoreRecovery
    },
    get count () { return count },
    get writable () { return state === 'open' },
    async append (block) {
      usable()
      if (state === 'refused') throw refuse(undefined)
      const { value, hash } = encodeRecord(lastHash, count + 1, block)
      try {
        await db.put(recordKey(count + 1), value)
        mark.set(count + 1)
      } catch (error) {
        throw refuse(error)
      }
      lastHash = hash
      count++
    },
    async read (number) {
      usable()
      if (number < 1 || number > count) throw new TosError('BLOCK_NOT_FOUND', `the store holds no block ${number}`)
      await reopening
      const value = await db.get(recordKey(number)).catch((cause: unknown) => {
        throw new TosError(db.status === 'open' ? 'STORE_CORRUPT' : 'STORE_READ_ONLY', `cannot read block ${number}`, { cause, details: { number } })
      })
      const record = value === undefined ? undefined : decodeRecord(value, number)
      if (record === undefined) throw new TosError('STORE_CORRUPT', `block ${number} is ${value === undefined ? 'gone' : 'damaged'} on disk`, { details: { number } })
      return record.block
    },
    async scan (visit) {
      usable()
      await reopening
      const walked = db
      const { count: sound, fault, next } = await scanLog(walked, seed, visit)
      usable()
      if (walked !== db) throw new TosError('BUSY', 'the block log was written anew meanwhile')
      return { count: sound, fault, ...(next === undefined ? {} : { next }) }
    },
    async rewrite (replace, { keepOld }) {
      usable()
      if (state === 'refused') throw refuse(undefined)
      await allowStubs(location, identity)
      try {
        // beside the log in use: until the swap nothing is lost, whatever fails
        const hash = await copyLog(db, { location, count, seed, replace })
        await swap(keepOld)
        lastHash = hash
      } catch (error) {
        // a full disk may be met half-way through the copy, and then the old log goes on
        if (db.status === 'open') throw new TosError('STORE_READ_ONLY', 'the block log could not be written anew', { cause: error, details: { location } })
        throw refuse(error)
      }
    },
    async bytes () {
      const names = await readdir(path)
      const sizes = await Promise.all(names.map(name => stat(join(path, name)).then(({ size }) => size, () => 0)))
      return sizes.reduce((sum, size) => sum + size, 0)
    },
    async recover () {
      usable()
      const swapped = Promise.withResolvers<void>()
      try {
        // the old handle can still read, so it stays until the disk has proved itself
        await probeDisk(location)
        reopening = swapped.promise
        await db.close()
        await finishRebuild(location)
        // a LevelDB that once failed to write refuses for ever: only a new handle writes again
        db = (await openLog(path)).db
        await dropAfter(db, count)
        lastHash = await hashOf(db, count) ?? seed
        await db.put(FLUSH_KEY, recordKey(count), { sync: true })
        state = 'open'
      } catch (error) {
        throw refuse(error)
      } finally {
        swapped.resolve()
      }
    },
    async close () {
      if (state === 'closed') return
      const flush = state === 'open'
      state = 'closed'
      // the one synchronous write: it carries everything before it to the disk
      try {
        if (flush) await db.put(FLUSH_KEY, recordKey(count), { sync: true })
      } finally {
        await mark.close()
        await db.close()
        await lock.release()
      }
    }
  }
}

interface StoreParts {
  readonly db: LevelLog
  readonly mark: HighMark
  /** Why the log had to be repaired. */
  readonly repaired: string | undefined
  /** Why it was put aside as a whole. */
  readonly beyondRepair: string | undefined
}

async function openParts (location: string): Promise<StoreParts> {
  await finishRebuild(location)
  const path = join(location, STORE_FILES.log)
  let beyondRepair: string | undefined
  let opened: OpenedLog
  try {
    opened = await openLog(path)
  } catch (error) {
    if (!(error instanceof TosError) || error.code !== 'STORE_CORRUPT') throw error
    beyondRepair = String(error.details?.reason ?? error.message)
    await putAside(path, join(location, STORE_FILES.damaged))
    opened = await openLog(path)
  }
  try {
    return { ...opened, beyondRepair, mark: await openHighMark(join(location, STORE_FILES.mark)) }
  } catch (cause) {
    await opened.db.close()
    throw new TosError('DATA_DIR_UNREADABLE', `cannot open the high mark in ${location}`, { cause })
  }
}

function lostTail (mark: number | undefined, count: number, repaired: string | undefined): string | undefined {
  if (mark !== undefined && mark > count) return `the log ends at block ${count}, ${mark} were written`
  if (mark === undefined && count > 0) return 'the high mark is gone, blocks may be missing at the end'
  return repaired === undefined ? undefined : `LevelDB had to be repaired: ${repaired}`
}

/** Throws when two mebibytes do not reach the disk. */
async function probeDisk (location: string): Promise<void> {
  const path = join(location, STORE_FILES.probe)
  try {
    await writeFile(path, Buffer.alloc(PROBE_BYTES), { flush: true })
  } finally {
    await rm(path, { force: true })
  }
}

/** Hash of a record: a rewrite that did not end may have left either log. */
async function hashOf (db: LevelLog, number: number): Promise<Uint8Array | undefined> {
  const value = number === 0 ? undefined : await db.get(recordKey(number))
  return value === undefined ? undefined : decodeRecord(value, number)?.hash
}

/** A write that was reported as refused may have reached the log all the same. */
async function dropAfter (db: LevelLog, count: number): Promise<void> {
  await db.clear({ gte: recordKey(count + 1), lte: LAST_KEY })
}
