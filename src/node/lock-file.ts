import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { TosError } from '../errors/index.ts'

/** Takers that may race for one stale lock before we give up. */
const MAX_TRIES = 5

interface Owner {
  readonly pid: number
  /** Start of that process in clock ticks since boot, so that a reused pid is not mistaken for it; empty where /proc is missing. */
  readonly started: string
}

/**
 * Creates the lock file `path` for this process and returns the function that removes it. The lock of a dead process is taken over.
 * Throws `DATA_DIR_LOCKED` with `details.pid`.
 */
export function acquireLock (path: string): () => void {
  const content = JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Owner)
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, content, { mode: 0o600 })
  try {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (tryLink(draft, path)) return () => release(path, content)
      removeStale(path, `${draft}.stale`)
    }
  } finally {
    unlinkSync(draft)
  }
  throw new TosError('DATA_DIR_LOCKED', `several processes fight for ${path}`)
}

/** Whether there is a process of this number. */
export function isRunning (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

// link() appears with its content in one step, unlike open() and write()
function tryLink (draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function removeStale (path: string, aside: string): void {
  const seen = read(path)
  if (seen === undefined) return
  const owner = parse(seen)
  if (owner !== undefined && isAlive(owner)) throw new TosError('DATA_DIR_LOCKED', `process ${owner.pid} holds ${path}`, { details: { pid: owner.pid, path } })
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  // another process may have replaced the stale lock since we read it: then this one is alive, and goes back
  if (read(aside) === seen) unlinkSync(aside)
  else renameSync(aside, path)
}

function release (path: string, content: string): void {
  if (read(path) === content) unlinkSync(path)
}

function isAlive ({ pid, started }: Owner): boolean {
  if (!isRunning(pid)) return false
  const now = startOf(pid)
  return started === '' || now === '' || started === now
}

function startOf (pid: number): string {
  // field 22; the name in field 2 may hold blanks, so count from its closing bracket
  const stat = read(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function parse (text: string): Owner | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Owner>
    return Number.isSafeInteger(pid) && (pid as number) > 0 && typeof started === 'string' ? { pid: pid as number, started } : undefined
  } catch {
    // a torn lock has no living owner: link() never shows half a file
    return undefined
  }
}

function read (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
