import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { TosError } from '../errors/index.ts'
import { removeFile, syncDirectory, writeDurably } from './durable-file.ts'
import { acquireLock, isRunning } from './lock-file.ts'
import { makeDir } from './make-dir.ts'

/** Version of the layout this program writes. */
const LAYOUT = 1
const VERSION_FILE = 'version.json'
/** What an operator may have put there before the first start. */
const OURS = new Set([VERSION_FILE, 'tosd.toml', 'node.key', 'node.key.next', 'node.key.rotation.json', 'admin.sock', 'lock'])
/** A key that was rotated out: its day, and the begin of its node id. */
const KEPT_KEY = /^node\.key\.\d{8}-[0-9a-f]{8}$/
/** Files of ours that a crash may leave; the number is the process that wrote them. */
const DRAFT = /^(?:(?:version\.json|peers-book\.bin|seed-pins\.json)\.(\d+)\.tmp|node\.key(?:\.next|\.rotation\.json)?\.(\d+)\.tmp|lock\.(\d+)(?:\.stale)?)$/

/** An opened data directory, ours until `close()`. */
export interface DataDir {
  readonly path: string
  readonly network: string
  /** Identity key. */
  readonly keyFile: string
  /** Path of something inside. */
  file (name: string): string
  /** Gives the lock back. */
  close (): void
}

/**
 * Opens `path` for `network`: creates it (0700) when missing, takes the lock, checks layout version and network.
 * Throws `DATA_DIR_LOCKED`, `DATA_DIR_NEWER`, `DATA_DIR_FOREIGN` or `DATA_DIR_UNREADABLE`.
 */
export function openDataDir (path: string, { network }: { readonly network: string }): DataDir {
  try {
    makeDir(path, 0o700)
    // first of all: two first starts at once must not both write, nor see what the other has half done
    const release = acquireLock(join(path, 'lock'))
    try {
      checkContent(path, network)
      removeDrafts(path)
    } catch (error) {
      release()
      throw error
    }
    return { path, network, keyFile: join(path, 'node.key'), file: name => join(path, name), close: release }
  } catch (error) {
    if (error instanceof TosError) throw error
    throw new TosError('DATA_DIR_UNREADABLE', `cannot use the data directory ${path}`, { cause: error, details: { path } })
  }
}

/** Network of a data directory; `undefined` when it holds none yet. Throws as `openDataDir` does. */
export function readVersion (path: string): { readonly layout: number, readonly network: string } | undefined {
  let text: string
  try {
    text = readFileSync(join(path, VERSION_FILE), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new TosError('DATA_DIR_UNREADABLE', `cannot read the data directory ${path}`, { cause: error, details: { path } })
  }
  const { layout, network } = parse(text, path)
  if (typeof layout !== 'number' || typeof network !== 'string') throw foreign(path, `${VERSION_FILE} is not that of a tosd`)
  if (layout > LAYOUT) throw new TosError('DATA_DIR_NEWER', `${path} has layout ${layout}, this tosd knows ${LAYOUT}`, { details: { path, layout, known: LAYOUT } })
  return { layout, network }
}

function checkContent (path: string, network: string): void {
  const version = readVersion(path)
  if (version === undefined) {
    const strange = readdirSync(path).find(name => !OURS.has(name) && !KEPT_KEY.test(name) && !DRAFT.test(name))
    if (strange !== undefined) throw foreign(path, `it holds ${strange} and no ${VERSION_FILE}`)
    writeVersion(path, `${JSON.stringify({ layout: LAYOUT, network })}\n`)
  } else if (version.network !== network) {
    throw new TosError('DATA_DIR_FOREIGN', `${path} belongs to ${version.network}, not ${network}`, {
      details: { path, network: version.network }, hint: `start with --network ${version.network}, or choose another --data-dir`
    })
  }
}

// a crash must leave the whole file or none: half of one would make the directory foreign for ever
function writeVersion (path: string, text: string): void {
  const draft = join(path, `${VERSION_FILE}.${process.pid}.tmp`)
  writeDurably(draft, new TextEncoder().encode(text))
  renameSync(draft, join(path, VERSION_FILE))
  syncDirectory(path)
}

function removeDrafts (path: string): void {
  for (const name of readdirSync(path)) {
    const pid = DRAFT.exec(name)?.slice(1).find(part => part !== undefined)
    // ours are all done with by now, so one with our number is that of an earlier process
    if (pid !== undefined && (Number(pid) === process.pid || !isRunning(Number(pid)))) removeFile(join(path, name))
  }
}

function parse (text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (error) {
    throw foreign(path, `${VERSION_FILE} is damaged`, error)
  }
  throw foreign(path, `${VERSION_FILE} is damaged`)
}

function foreign (path: string, why: string, cause?: unknown): TosError {
  return new TosError('DATA_DIR_FOREIGN', `${path} is not a data directory of tosd: ${why}`, { details: { path }, ...(cause === undefined ? {} : { cause }) })
}
