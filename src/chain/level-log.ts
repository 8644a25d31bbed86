import { readdir } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import { TosError } from '../errors/index.ts'

export type LevelLog = ClassicLevel<Buffer, Buffer>

/** An open LevelDB; `repaired` says why it had to be repaired first. */
export interface OpenedLog {
  readonly db: LevelLog
  readonly repaired: string | undefined
}

/**
 * Opens or makes a LevelDB directory. One that LevelDB calls corrupt, or whose CURRENT file is gone, is repaired first: LevelDB would
 * otherwise start an empty database there and delete the tables. Throws `DATA_DIR_LOCKED`, `STORE_CORRUPT` or `DATA_DIR_UNREADABLE`.
 */
export async function openLog (location: string): Promise<OpenedLog> {
  let repaired: string | undefined
  if (await lostItsRoot(location)) repaired = await repair(location, 'its CURRENT file is missing')
  try {
    return { db: await open(location), repaired }
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
  // a missing table or manifest arrives as an I/O error whose text says so
  return causes(error).some(({ code, message }) => code === 'LEVEL_CORRUPTION' || (code === 'LEVEL_IO_ERROR' && /No such file|missing files/i.test(message)) || /corrupt/i.test(message))
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
