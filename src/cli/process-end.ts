import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** How often is looked. */
const POLL_MS = 50

/** Resolves with true when no process `pid` is left on this machine and `holds` says no, with false when that takes longer than `withinMs`. */
export async function processEnd (pid: number, withinMs: number, holds: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  const end = performance.now() + withinMs
  for (;;) {
    // the pid of a daemon in another container means nothing here: then its socket tells
    if (!isRunning(pid) && !await holds()) return true
    if (performance.now() >= end) return false
    await delay(POLL_MS, undefined, { signal })
  }
}

function isRunning (pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

// dead, and only not yet noticed by its parent: it holds nothing any more
function isZombie (pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    // no /proc on this system, or gone this very moment: the next look tells
    return false
  }
}
