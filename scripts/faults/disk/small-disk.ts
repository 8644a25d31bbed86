import { execFile } from 'node:child_process'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How a disk can be made small: a file system of its own, which root or a user namespace may mount, or a limit on the size of files. */
export const WAYS = ['mount', 'namespace', 'limit'] as const
export type Way = typeof WAYS[number]

const DISK_BYTES = 24 * 1024 * 1024
// below what any log or table of the store has by then
const FILE_LIMIT = 4096

/** Words before a command that run it with a small disk mounted at `folder`; it goes with the process. */
export function withDisk (way: Way, folder: string, command: readonly string[]): readonly string[] {
  if (way === 'limit') return command
  const mount = `mount -t tmpfs -o size=${DISK_BYTES},mode=0700 faults "$0" && exec "$@"`
  return ['unshare', ...(way === 'mount' ? ['-m'] : ['-U', '-r', '-m']), 'sh', '-c', mount, folder, ...command]
}

/** The first way this machine allows. */
export async function possibleWay (folder: string): Promise<Way> {
  for (const way of WAYS) {
    const [command, ...args] = withDisk(way, folder, ['true'])
    try {
      await run(command as string, args)
      return way
    } catch {
      // not allowed here, or no such tool
    }
  }
  throw new Error('this machine lets nothing be limited: it needs unshare or prlimit')
}

/** Takes the last byte of the disk that this process writes to. */
export async function fillDisk (way: Way, folder: string): Promise<void> {
  if (way === 'limit') return await limitFiles(`${FILE_LIMIT}:`)
  // in pieces that get smaller: the last page counts too
  for (let piece = 1024 * 1024, i = 0; piece >= 4096; i++) {
    try {
      await writeFile(join(folder, `ballast-${i}`), Buffer.alloc(piece), { flag: 'wx' })
    } catch {
      piece /= 2
    }
  }
}

/** Gives it back. */
export async function freeDisk (way: Way, folder: string): Promise<void> {
  if (way === 'limit') return await limitFiles('unlimited:')
  for (const name of await readdir(folder)) if (name.startsWith('ballast-')) await rm(join(folder, name))
}

async function limitFiles (limit: string): Promise<void> {
  await run('prlimit', ['--pid', String(process.pid), `--fsize=${limit}`])
}
