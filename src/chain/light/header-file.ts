import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { TosError } from '../../errors/index.ts'
import { concatBytes, utf8Bytes } from '../../wire/bytes.ts'
import { HASH_BYTES, sameBytes } from '../block/hash.ts'
import { HEADER_BYTES, HEADER_OFFSET, MAX_PARENTS, headerBytes } from '../block/header.ts'
import type { HeaderChain } from './header-chain.ts'

const MAGIC = utf8Bytes('TOSHDR1\n')

/** The headers of a light node on disk: magic, genesis hash, then headers as they are hashed, parents first. */
export interface HeaderFile {
  readonly chain: HeaderChain
  /** Bytes of a damaged or torn end that were cut off. */
  readonly lost: number
  /** Adds headers that `chain` took; writes the file anew when the chain has dropped old ones. Throws what the disk says. */
  append (headers: readonly Uint8Array[]): void
  close (): void
}

/**
 * Reads the file into a chain; every header is checked again. `make` gives a chain from genesis, or from a lowest header kept. Without a path
 * nothing is kept. Throws `DATA_DIR_UNREADABLE` when the disk refuses, `GENESIS_MISMATCH` when it is another network's.
 */
export function openHeaderFile (path: string | undefined, make: (root?: Uint8Array) => HeaderChain): HeaderFile {
  if (path === undefined) return { chain: make(), lost: 0, append () {}, close () {} }
  try {
    return open(path, make)
  } catch (cause) {
    throw cause instanceof TosError ? cause : new TosError('DATA_DIR_UNREADABLE', `cannot use the header file ${path}`, { cause, details: { path } })
  }
}

function open (path: string, make: (root?: Uint8Array) => HeaderChain): HeaderFile {
  const { chain, kept, lost } = load(existsSync(path) ? readFileSync(path) : new Uint8Array(), make)
  let file = openSync(path, 'a+', 0o600)
  if (kept === 0) {
    ftruncateSync(file, 0)
    writeSync(file, concatBytes(MAGIC, chain.genesis))
  } else if (fstatSync(file).size > kept) ftruncateSync(file, kept)
  let root = chain.root
  return {
    chain,
    lost,
    append (headers) {
      if (sameBytes(root, chain.root)) {
        writeSync(file, concatBytes(...headers))
        return
      }
      // old headers are gone: the new file is complete before it takes the old one's place
      const draft = `${path}.tmp`
      writeFileSync(draft, concatBytes(MAGIC, chain.genesis, ...chain.headers()), { mode: 0o600, flush: true })
      renameSync(draft, path)
      closeSync(file)
      file = openSync(path, 'a+', 0o600)
      root = chain.root
    },
    close () {
      fsyncSync(file)
      closeSync(file)
    }
  }
}

/** `kept`: bytes of the file that hold. */
function load (bytes: Uint8Array, make: (root?: Uint8Array) => HeaderChain): { chain: HeaderChain, kept: number, lost: number } {
  const start = MAGIC.length + HASH_BYTES
  const fresh = make()
  if (bytes.length < start || !sameBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return { chain: fresh, kept: 0, lost: bytes.length }
  if (!sameBytes(bytes.subarray(MAGIC.length, start), fresh.genesis)) throw new TosError('GENESIS_MISMATCH', 'the header file belongs to another network')
  let chain = fresh
  let at = start
  for (let header = next(bytes, at); header !== undefined; header = next(bytes, at)) {
    // the first one may be the lowest that was kept, which nothing here leads to
    if (at === start && lowest(header)) chain = make(header.slice())
    else if (!holds(chain, header)) break
    at += header.length
  }
  return { chain, kept: at, lost: bytes.length - at }
}

function next (bytes: Uint8Array, at: number): Uint8Array | undefined {
  const rest = bytes.subarray(at)
  if (rest.length < HEADER_BYTES || (rest[HEADER_OFFSET.parentCount] as number) > MAX_PARENTS) return undefined
  const length = headerBytes(rest)
  return rest.length < length ? undefined : rest.subarray(0, length)
}

/** Height above 1, so not the first above genesis. */
function lowest (header: Uint8Array): boolean {
  return new DataView(header.buffer, header.byteOffset).getBigUint64(2, true) > 1n
}

function holds (chain: HeaderChain, header: Uint8Array): boolean {
  try {
    return chain.add(header).status !== 'orphan'
  } catch {
    return false
  }
}
