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
const MASK_DELTA = 0xa282ead8

interface BlockHandle {
  readonly offset: number
  readonly size: number
}

/** Renames the damaged tables of a closed LevelDB to `<name>.damaged`, which LevelDB ignores, and returns their names. */
export async function setDamagedTablesAside (location: string): Promise<string[]> {
  const names = await readdir(location).catch((): string[] => [])
  const damaged: string[] = []
  for (const name of names.filter(candidate => /\.(?:ldb|sst)$/.test(candidate))) {
    if (isSoundTable(await readFile(join(location, name)))) continue
    await rename(join(location, name), join(location, `${name}.damaged`))
    damaged.push(name)
  }
  return damaged
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
