import { readFile, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32c } from './crc32c.ts'

/*
 * LevelDB does not verify the checksums of its tables when it reads, and the build we use ends the whole process by an assertion over
 * some damaged ones. So the tables are checked before it sees them, by LevelDB's own format (doc/table_format.md): a footer names the
 * index and the meta index, these name all other blocks, and every block is followed by its type and a masked CRC-32C.
 */
const FOOTER_BYTES = 48
const MAGIC = Buffer.from('57fb808b247547db', 'hex')
const TRAILER_BYTES = 5
const UNCOMPRESSED = 0
const KEY_SUFFIX = 8
const TYPE_VALUE = 1
const MASK_DELTA = 0xa282ead8

interface BlockHandle {
  readonly offset: number
  readonly size: number
}

/** Tables that LevelDB must not see, and what their sound blocks hold. */
export interface DamagedTables {
  readonly names: string[]
  readonly entries: TableEntry[]
}

/** A key and its value. */
export type TableEntry = readonly [key: Buffer, value: Buffer]

/** Renames the damaged tables of a closed LevelDB to `<name>.damaged`, which LevelDB ignores, and reads what is still sound in them. */
export async function setDamagedTablesAside (location: string): Promise<DamagedTables> {
  const files = await readdir(location).catch((): string[] => [])
  const [names, entries]: [string[], TableEntry[]] = [[], []]
  for (const name of files.filter(candidate => /\.(?:ldb|sst)$/.test(candidate))) {
    const file = await readFile(join(location, name))
    if (isSoundTable(file)) continue
    await rename(join(location, name), join(location, `${name}.damaged`))
    names.push(name)
    entries.push(...soundEntries(file))
  }
  return { names, entries }
}

/** Entries of the blocks that carry their checksum, as far as a sound index names them; deletions and older values are not told apart. */
export function soundEntries (file: Buffer): TableEntry[] {
  if (file.length < FOOTER_BYTES) return []
  const reader = { file, at: file.length - FOOTER_BYTES }
  try {
    readHandle(reader)
    const index = readHandle(reader)
    return isSoundBlock(file, index) ? listed(file, index).flatMap(block => sound(file, block) ? entriesOf(file, block) : []) : []
  } catch (error) {
    if (error instanceof RangeError) return []
    throw error
  }
}

function sound (file: Buffer, block: BlockHandle): boolean {
  return isSoundBlock(file, block) && file.readUInt8(block.offset + block.size) === UNCOMPRESSED
}

/** Keys are stored as what differs from the one before, with eight bytes behind that say how new the entry is, and of what type. */
function entriesOf (file: Buffer, { offset, size }: BlockHandle): TableEntry[] {
  const end = offset + size - 4 - 4 * file.readUInt32LE(offset + size - 4)
  const reader = { file, at: offset }
  const entries: TableEntry[] = []
  let key = Buffer.alloc(0)
  while (reader.at < end) {
    const [shared, added, valueBytes] = [readVarint(reader), readVarint(reader), readVarint(reader)]
    key = Buffer.concat([key.subarray(0, shared), file.subarray(reader.at, reader.at + added)])
    const value = reader.at + added
    reader.at = value + valueBytes
    if (key.length >= KEY_SUFFIX && key[key.length - KEY_SUFFIX] === TYPE_VALUE) entries.push([key.subarray(0, -KEY_SUFFIX), file.subarray(value, reader.at)])
  }
  return entries
}

/** True when every block of the table carries its checksum. Blocks listed by a compressed index, which we never write, are taken on trust. */
export function isSoundTable (file: Buffer): boolean {
  if (file.length < FOOTER_BYTES || !file.subarray(-MAGIC.length).equals(MAGIC)) return false
  try {
    const reader = { file, at: file.length - FOOTER_BYTES }
    const metaIndex = readHandle(reader)
    const index = readHandle(reader)
    return [metaIndex, index].every(handle => isSoundBlock(file, handle) && listed(file, handle).every(block => isSoundBlock(file, block)))
  } catch (error) {
    // a length that points outside the file
    if (error instanceof RangeError) return false
    throw error
  }
}

function isSoundBlock (file: Buffer, { offset, size }: BlockHandle): boolean {
  const end = offset + size
  const masked = file.readUInt32LE(end + 1)
  const rotated = (masked - MASK_DELTA) >>> 0
  return crc32c(file, offset, end + 1) === ((rotated << 15) | (rotated >>> 17)) >>> 0
}

/** The blocks that an index block names. */
function listed (file: Buffer, { offset, size }: BlockHandle): BlockHandle[] {
  const handles: BlockHandle[] = []
  if (file.readUInt8(offset + size) !== UNCOMPRESSED) return handles
  const end = offset + size
  const restarts = file.readUInt32LE(end - 4)
  const reader = { file, at: offset }
  while (reader.at < end - 4 - 4 * restarts) {
    readVarint(reader)
    const keyBytes = readVarint(reader)
    const valueBytes = readVarint(reader)
    const value = reader.at + keyBytes
    handles.push(readHandle({ file, at: value }))
    reader.at = value + valueBytes
  }
  return handles
}

function readHandle (reader: { readonly file: Buffer, at: number }): BlockHandle {
  const handle = { offset: readVarint(reader), size: readVarint(reader) }
  if (handle.offset + handle.size + TRAILER_BYTES > reader.file.length) throw new RangeError('a block lies outside the table')
  return handle
}

function readVarint (reader: { readonly file: Buffer, at: number }): number {
  let value = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.file.readUInt8(reader.at++)
    value += (byte & 127) * scale
    if (byte < 128) return value
    if (scale > 2 ** 49) throw new RangeError('a length is too long')
  }
}
