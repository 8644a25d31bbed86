import { mkdir, open, readFile, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import { sha3 } from '../block/hash.ts'

/** The chain a store belongs to. */
export interface StoreIdentity {
  readonly network: string
  readonly genesis: Uint8Array
  readonly difficulty: bigint
}

/** Names inside the store's directory. */
export const STORE_FILES = { manifest: 'ledger.json', mark: 'high-mark', lock: 'lock', probe: 'probe', log: 'blocks', rebuilt: 'blocks.new', replaced: 'blocks.old', damaged: 'blocks.damaged', copy: 'verify' } as const
/** Every record is a block. */
const FORMAT = 1
/** Some are stubs (block-stub.ts), which a program that knows format 1 alone would take for damage. */
const FORMAT_STUBS = 2

type Manifest = Readonly<Record<string, unknown>>

/**
 * Makes the directory, or makes sure that it is ours: same network, genesis and difficulty, and no newer format. A damaged
 * manifest over an existing log is written again, because the log's hash chain starts from the genesis and so proves it.
 * Throws `GENESIS_MISMATCH`, `DATA_DIR_NEWER`, `DATA_DIR_FOREIGN` or `DATA_DIR_UNREADABLE`.
 */
export async function claimDirectory (location: string, identity: StoreIdentity): Promise<void> {
  try {
    await mkdir(location, { recursive: true, mode: 0o700 })
    const manifest = await readManifest(location)
    if (manifest !== undefined && isSound(manifest, location)) { checkManifest(manifest, identity, location); return }
    const names = await readdir(location)
    // a first start may have been killed before it renamed its manifest
    const ours: ReadonlySet<string> = new Set([...Object.values(STORE_FILES), `${STORE_FILES.manifest}.new`])
    if (names.length > 0 && !names.some(name => ours.has(name))) {
      throw new TosError('DATA_DIR_FOREIGN', `${location} holds other files`, { details: { location, found: names.slice(0, 5) } })
    }
    // over a log whose manifest was damaged: it may hold stubs
    await writeManifest(location, identity, names.includes(STORE_FILES.log) ? FORMAT_STUBS : FORMAT)
  } catch (error) {
    if (error instanceof TosError) throw error
    throw new TosError('DATA_DIR_UNREADABLE', `cannot use ${location} for blocks`, { cause: error, details: { location } })
  }
}

/** Keeps programs that do not know stubs away from this store. Throws `STORE_READ_ONLY`. */
export async function allowStubs (location: string, identity: StoreIdentity): Promise<void> {
  try {
    if ((await readManifest(location))?.format !== FORMAT_STUBS) await writeManifest(location, identity, FORMAT_STUBS)
  } catch (cause) {
    throw new TosError('STORE_READ_ONLY', `cannot write to ${location}`, { cause, details: { location } })
  }
}

async function readManifest (location: string): Promise<Manifest | undefined> {
  const text = await readFile(join(location, STORE_FILES.manifest), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value as Manifest : undefined
  } catch {
    // missing or damaged: the caller decides by what else is there
    return undefined
  }
}

/** False when a bit of it flipped. A newer format is refused whatever its checksum: it may be made otherwise. */
function isSound ({ check, ...rest }: Manifest, location: string): boolean {
  if (typeof rest.format === 'number' && rest.format > FORMAT_STUBS) {
    throw new TosError('DATA_DIR_NEWER', `${location} has block store format ${rest.format}, this program knows ${FORMAT_STUBS}`, { details: { location, format: rest.format } })
  }
  return check === checksum(rest)
}

function checksum (rest: Manifest): string {
  return toHex(sha3(Buffer.from(JSON.stringify(rest)))).slice(0, 16)
}

function checkManifest (manifest: Manifest, { network, genesis, difficulty }: StoreIdentity, location: string): void {
  const found = { network: manifest.network, genesis: manifest.genesis, difficulty: manifest.difficulty }
  if (found.network !== network || found.genesis !== toHex(genesis) || found.difficulty !== difficulty.toString()) {
    throw new TosError('GENESIS_MISMATCH', `${location} holds another chain than ${network}`, { details: { location, found, expected: { network, genesis: toHex(genesis), difficulty: difficulty.toString() } } })
  }
}

async function writeManifest (location: string, { network, genesis, difficulty }: StoreIdentity, format: number): Promise<void> {
  const path = join(location, STORE_FILES.manifest)
  const manifest = { format, network, genesis: toHex(genesis), difficulty: difficulty.toString() }
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify({ ...manifest, check: checksum(manifest) })}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  // a crash leaves the old manifest or the new one, never half of it
  await rename(`${path}.new`, path)
}
