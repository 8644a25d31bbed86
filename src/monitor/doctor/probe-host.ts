import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { Resolver } from 'node:dns/promises'
import { dirname, join } from 'node:path'
import type { HostFacts, NameFact } from './check-host.ts'

/** Names looked up at most, and how long for each, ms. */
const MAX_NAMES = 32
const LOOKUP_MS = 2000

/** A name and the record that makes it useful. */
export interface SeedName {
  readonly name: string
  readonly kind: 'address' | 'txt'
}

/** Looks a name up; throws what `node:dns` throws. */
export type Lookup = (seed: SeedName) => Promise<readonly unknown[]>

/** What `probeHost` has to be told. */
export interface HostQuestion {
  readonly version: string
  readonly isPublic: boolean
  readonly dataDir: string
  readonly names: readonly SeedName[]
  /** Default: the resolvers of the system, past its hosts file. */
  readonly lookup?: Lookup
}

/** The names behind multiaddrs of peers, and those of the DNS seeds. */
export function seedNames (addresses: readonly string[], txt: readonly string[]): SeedName[] {
  const hosts = addresses.flatMap((address): SeedName[] => {
    const [, kind, name] = /^\/(dns|dns4|dns6|dnsaddr)\/([^/]+)/.exec(address) ?? []
    if (name === undefined) return []
    return [kind === 'dnsaddr' ? { name: `_dnsaddr.${name}`, kind: 'txt' } : { name, kind: 'address' }]
  })
  const all = [...hosts, ...txt.map((name): SeedName => ({ name, kind: 'txt' }))]
  return [...new Map(all.map(seed => [`${seed.kind} ${seed.name}`, seed])).values()].slice(0, MAX_NAMES)
}

/** Looks at the machine: files, disk, DNS. Changes nothing; takes 2 s at most. */
export async function probeHost ({ version, isPublic, dataDir, names, lookup = systemLookup }: HostQuestion): Promise<HostFacts> {
  const key = join(dataDir, 'node.key')
  const [state, freeBytes, mode, found] = await Promise.all([stateOf(dataDir), freeBytesOf(dataDir), modeOf(key), Promise.all(names.map(seed => look(seed, lookup)))])
  return {
    version, isPublic,
    node: process.versions.node,
    dataDir: { path: dataDir, state, ...(freeBytes === undefined ? {} : { freeBytes }) },
    key: { path: key, ...(mode === undefined ? {} : { mode }) },
    names: found
  }
}

async function stateOf (path: string): Promise<HostFacts['dataDir']['state']> {
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return 'writable'
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? 'missing' : 'unwritable'
  }
}

// the disk a directory will be on, when it is not there yet, is that of its parent
async function freeBytesOf (path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch (error) {
    const parent = dirname(path)
    return codeOf(error) === 'ENOENT' && parent !== path ? await freeBytesOf(parent) : undefined
  }
}

async function modeOf (path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777
  } catch {
    // not there, or behind a directory that `stateOf` has found closed
    return undefined
  }
}

async function look (seed: SeedName, lookup: Lookup): Promise<NameFact> {
  try {
    return { name: seed.name, found: (await lookup(seed)).length > 0 }
  } catch (error) {
    return { name: seed.name, found: false, reason: codeOf(error) }
  }
}

const systemLookup: Lookup = async ({ name, kind }) => {
  // not `dns.lookup`: that one cannot be given up, and would hold the process
  const resolver = new Resolver({ timeout: LOOKUP_MS, tries: 1 })
  const giveUp = setTimeout(() => { resolver.cancel() }, LOOKUP_MS)
  try {
    if (kind === 'txt') return await resolver.resolveTxt(name)
    return await Promise.any([resolver.resolve4(name), resolver.resolve6(name)])
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error
  } finally {
    clearTimeout(giveUp)
  }
}

function codeOf (error: unknown): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : 'failed'
}
