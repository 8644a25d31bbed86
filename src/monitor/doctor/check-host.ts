import { fail, pass, warn } from './finding.ts'
import type { Finding } from './finding.ts'

/** Oldest Node the package runs on (`engines` of package.json). */
export const MIN_NODE = '24.17.0'
/** Below this the store stops taking blocks soon; below the second one an operator should look. */
const LEAST_FREE_BYTES = 100 * 1024 ** 2
const LOW_FREE_BYTES = 1024 ** 3

/** A name that leads to peers, and whether it does. */
export interface NameFact {
  readonly name: string
  readonly found: boolean
  /** Code of the resolver when it was not found. */
  readonly reason?: string
}

/** What there is to know of the machine and its files. */
export interface HostFacts {
  readonly version: string
  /** `process.versions.node`. */
  readonly node: string
  readonly isPublic: boolean
  readonly dataDir: {
    readonly path: string
    readonly state: 'writable' | 'missing' | 'unwritable'
    /** Free for this user on its disk; absent when the system does not tell. */
    readonly freeBytes?: number
  }
  /** `mode` holds the permission bits; absent: no such file. */
  readonly key: { readonly path: string, readonly mode?: number }
  readonly names: readonly NameFact[]
}

/** The checks that need no running node. Pure. */
export function checkHost (facts: HostFacts): Finding[] {
  return [checkVersion(facts), checkDataDir(facts), checkDisk(facts), checkKey(facts), checkDns(facts)]
}

function checkVersion ({ version, node }: HostFacts): Finding {
  const message = `tos-p2p ${version} on Node ${node}`
  return isBelow(node, MIN_NODE) ? fail('version', message, `use Node ${MIN_NODE} or newer`) : pass('version', message)
}

function checkDataDir ({ dataDir: { path, state } }: HostFacts): Finding {
  if (state === 'missing') return warn('data directory', `${path} is not there yet`, '`tosd init` makes it, and so does the first `tosd start`')
  if (state === 'unwritable') return fail('data directory', `${path} cannot be written`, 'give the user that runs the node write access to it, or choose another --data-dir')
  return pass('data directory', `${path} can be written`)
}

function checkDisk ({ dataDir: { path, freeBytes } }: HostFacts): Finding {
  if (freeBytes === undefined) return warn('disk', 'the free space is not known', `see \`df ${path}\``)
  const message = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`
  if (freeBytes < LEAST_FREE_BYTES) return fail('disk', message, 'free some space: without it no block can be kept')
  return freeBytes < LOW_FREE_BYTES ? warn('disk', message, 'free some space soon: the chain grows') : pass('disk', message)
}

function checkKey ({ key: { path, mode } }: HostFacts): Finding {
  if (mode === undefined) return warn('key file', `${path} is not there yet`, '`tosd init` makes one, and so does the first `tosd start`')
  const shown = (mode & 0o777).toString(8).padStart(4, '0')
  // the same rule by which the node refuses to start
  return (mode & 0o077) === 0 ? pass('key file', `mode ${shown}`) : fail('key file', `others may read ${path} (mode ${shown})`, `chmod 600 ${path}`)
}

function checkDns ({ names, isPublic }: HostFacts): Finding {
  if (names.length === 0) return pass('dns', 'no seed is given by name')
  const lost = names.filter(({ found }) => !found)
  if (lost.length === 0) return pass('dns', `${names.length} seed names resolve`)
  const list = lost.map(({ name, reason }) => reason === undefined ? name : `${name} (${reason})`).join(', ')
  const message = `${lost.length} of ${names.length} seed names do not resolve: ${list}`
  const hint = 'check the names in --bootstrap and --dns-seeds, and the resolver of this machine'
  // a devnet works offline, and on a public one a single name is enough to begin with
  return isPublic && lost.length === names.length ? fail('dns', message, hint) : warn('dns', message, hint)
}

function isBelow (version: string, least: string): boolean {
  const [a, b] = [version, least].map(text => text.split('.').map(part => Number.parseInt(part, 10))) as [number[], number[]]
  for (const [i, part] of b.entries()) if (a[i] !== part) return (a[i] ?? 0) < part
  return false
}
