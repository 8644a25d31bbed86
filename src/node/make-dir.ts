import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes `path` and what is missing above it. Not `mkdirSync(…, { recursive: true })`: that never returns where the parent exists but
 * answers ENOENT to every new name, as /proc does. Throws what `mkdir` throws.
 */
export function makeDir (path: string, mode: number): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeDir(parent, mode)
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // another process that starts at the same moment may have been first
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory()) throw error
  }
}
