import { readdir } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import { TosError } from '../../errors/index.ts'
import { sequenceOf } from './block-log.ts'
import { setDamagedTablesAside } from './table-check.ts'
import type { TableEntry } from './table-check.ts'

export type LevelLog = ClassicLevel<Buffer, Buffer>

const PUT_BATCH = 64
const MACHINE_FAULT = /permission denied|no space|quota|too many open files|read-only file system|input\/output error|cannot allocate/i

/** An open LevelDB; `repaired` says why it had to be repaired first. */
export interface OpenedLog {
  readonly db: LevelLog
  readonly repaired: string | undefined
}

/**
 * Opens or makes a LevelDB directory. One with damaged tables, that LevelDB calls corrupt, or whose CURRENT file is gone (LevelDB would
 * start an empty database there and delete the tables), is repaired first. What repair writes is compressed and holds no promise: copy it.
 * Throws `DATA_DIR_LOCKED`, `STORE_CORRUPT` or `DATA_DIR_UNREADABLE`.
 */
export async function openLog (location: string): Promise<OpenedLog> {
  let repaired: string | undefined
  const damaged = await setDamagedTablesAside(location)
  if (damaged.names.length > 0) repaired = await repair(location, `${damaged.names.join(', ')} damaged`)
  else if (await lostItsRoot(location)) repaired = await repair(location, 'its CURRENT file is missing')
  try {
    return { db: await openWith(location, damaged.entries), repaired }
  } catch (error) {
    if (error instanceof TosError || repaired !== undefined || !isCorruption(error)) throw coded(error, location)
    repaired = await repair(location, reasonOf(error))
  }
  try {
    return { db: await open(location), repaired }
  } catch (error) {
    throw coded(error, location)
  }
}

async function open (location: string): Promise<LevelLog> {
  // hashes and signatures do not compress
  const db: LevelLog = new ClassicLevel(location, { keyEncoding: 'buffer', valueEncoding: 'buffer', compression: false })
  await db.open()
  return db
}

/** Puts back records that a repair, which takes or leaves whole tables, left out. The hash chain judges them as it does all others. */
async function openWith (location: string, entries: readonly TableEntry[]): Promise<LevelLog> {
  const db = await open(location)
  const records = entries.filter(([key]) => sequenceOf(key) !== undefined)
  try {
    for (let from = 0; from < records.length; from += PUT_BATCH) {
      const some = records.slice(from, from + PUT_BATCH)
      const held = await db.getMany(some.map(([key]) => key))
      await db.batch(some.flatMap(([key, value], i) => held[i] === undefined ? [{ type: 'put' as const, key, value }] : []))
    }
    return db
  } catch (error) {
    await db.close()
    throw error
  }
}

async function lostItsRoot (location: string): Promise<boolean> {
  const names = await readdir(location).catch((): string[] => [])
  return !names.includes('CURRENT') && names.some(name => /\.(?:ldb|sst|log)$/.test(name))
}

async function repair (location: string, reason: string): Promise<string> {
  try {
    await ClassicLevel.repair(location)
    return reason
  } catch (error) {
    throw coded(error, location)
  }
}

function isCorruption (error: unknown): boolean {
  const chain = causes(error)
  // A missing or misnamed file arrives as an I/O error too: only what the machine is to blame for is no damage.
  return chain.some(({ code, message }) => code === 'LEVEL_CORRUPTION' || /corrupt/i.test(message) || (code === 'LEVEL_IO_ERROR' && !MACHINE_FAULT.test(message)))
}

function coded (error: unknown, location: string): TosError {
  if (error instanceof TosError) return error
  const details = { location, reason: reasonOf(error) }
  if (causes(error).some(({ code }) => code === 'LEVEL_LOCKED')) return new TosError('DATA_DIR_LOCKED', `another process uses ${location}`, { cause: error, details })
  if (isCorruption(error)) return new TosError('STORE_CORRUPT', `${location} cannot be repaired`, { cause: error, details })
  return new TosError('DATA_DIR_UNREADABLE', `cannot open ${location}`, { cause: error, details })
}

function reasonOf (error: unknown): string {
  return causes(error).at(-1)?.message ?? String(error)
}

function causes (error: unknown): Array<Error & { code?: string }> {
  const chain: Error[] = []
  for (let at = error; at instanceof Error && chain.length < 8; at = at.cause) chain.push(at)
  return chain
}
