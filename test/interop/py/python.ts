import { spawnSync } from 'node:child_process'
import type { Availability } from '../harness/toolchain.ts'

const HINT = 'install Python 3.10 or newer (apt-get install python3)'

/** How to run a script that needs the standard library only. */
export function pythonFor (script: string): Availability {
  const { status, error } = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))'])
  if (error !== undefined) return { missing: 'python3 is not installed', hint: HINT }
  if (status !== 0) return { missing: 'python3 is older than 3.10', hint: HINT }
  return { command: 'python3', args: ['-B', script] }
}
