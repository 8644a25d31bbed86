import { createHash } from 'node:crypto'
import { TosError } from '../../errors/index.ts'
import { ByteReader, ByteWriter } from '../../wire/index.ts'
import type { Entry } from './entry.ts'
import { readAnchor, readRow, writeAnchor, writeRow } from './book-row.ts'
import type { Anchor } from './book-row.ts'

const MAGIC = 0x424f5354
const VERSION = 1
const KEY_BYTES = 32
const DIGEST_BYTES = 32
/** Most anchors kept. */
export const MAX_ANCHORS = 2
/** Largest file looked at: above any limit a book is given. */
const MAX_FILE_BYTES = 8 * 2 ** 20
/** Fewest bytes a source and a row take: what a count may claim is bounded by what follows. */
const MIN_SOURCE_BYTES = 1
const MIN_ROW_BYTES = 34

/** What a file holds. */
export interface BookImage {
  /** Secret of the placement, 32 bytes. */
  readonly key: Uint8Array
  readonly entries: Iterable<Entry>
  readonly anchors: readonly Anchor[]
}

/** Writes a book: magic, version, key, sources, rows, anchors, SHA-256 of all before it. Little-endian; times in whole seconds. */
export function encodeBook ({ key, entries, anchors }: BookImage): Uint8Array {
  const writer = new ByteWriter(1 << 16)
  const rows = [...entries]
  const numbers = new Map<string, number>()
  for (const { places } of rows) for (const { source } of places) if (!numbers.has(source)) numbers.set(source, numbers.size)
  writer.putU32(MAGIC)
  writer.putU32(VERSION)
  writer.putBytes(key)
  writer.putU32(numbers.size)
  for (const source of numbers.keys()) {
    writer.putBytes(Uint8Array.of(source.length))
    writer.putBytes(Buffer.from(source, 'latin1'))
  }
  writer.putU32(rows.length)
  for (const row of rows) writeRow(writer, row, numbers)
  writer.putU32(anchors.length)
  for (const anchor of anchors) writeAnchor(writer, anchor)
  writer.putBytes(createHash('sha256').update(writer.bytes.subarray(0, writer.length)).digest())
  return writer.take()
}

/** Reads a book and checks every field. Throws BOOK_DAMAGED; allocates no more than the bytes can hold. */
export function decodeBook (bytes: Uint8Array): BookImage {
  const end = bytes.length - DIGEST_BYTES
  if (end < 0 || bytes.length > MAX_FILE_BYTES) throw damaged('size', `${bytes.length} bytes`)
  const reader = new ByteReader(bytes.subarray(0, end))
  try {
    // before the digest: a file of another kind or version should be named as such
    if (reader.takeU32() !== MAGIC) throw damaged('magic', 'not an address book')
    const version = reader.takeU32()
    if (version !== VERSION) throw damaged('version', `version ${version}, this program reads ${VERSION}`)
    if (!createHash('sha256').update(reader.bytes).digest().equals(bytes.subarray(end))) throw damaged('digest', 'the digest does not match')
    const key = reader.takeBytes(KEY_BYTES).slice()
    const sources = takeList(reader, MIN_SOURCE_BYTES, () => Buffer.from(reader.takeBytes(reader.takeU8())).toString('latin1'))
    const entries = takeList(reader, MIN_ROW_BYTES, () => readRow(reader, sources))
    const anchors = takeList(reader, 1, () => readAnchor(reader))
    if (anchors.length > MAX_ANCHORS) throw damaged('anchors', `${anchors.length} anchors`)
    if (reader.left > 0) throw damaged('rest', `${reader.left} bytes too many`)
    return { key, entries, anchors }
  } catch (cause) {
    throw cause instanceof TosError && cause.code === 'BOOK_DAMAGED' ? cause : damaged('field', 'a field cannot be right', cause)
  }
}

function takeList<T> (reader: ByteReader, minBytes: number, read: () => T): T[] {
  const length = reader.takeU32()
  if (length * minBytes > reader.left) throw damaged('count', `${length} items in ${reader.left} bytes`)
  const items: T[] = []
  for (let i = 0; i < length; i++) items.push(read())
  return items
}

function damaged (reason: string, text: string, cause?: unknown): TosError {
  return new TosError('BOOK_DAMAGED', `the address book cannot be read: ${text}`, { cause, details: { reason } })
}
