import { TosError } from '../errors/index.ts'
import { latin1 } from './bytes.ts'
import type { ByteReader } from './reader.ts'
import type { Schema } from './schema.ts'
import { overLimit } from './sequences.ts'
import type { ByteWriter } from './writer.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/** Strict UTF-8 of at most `max` bytes without control characters. */
export function string (max: number): Schema<string> {
  return {
    shape: { kind: 'string', max },
    minBytes: 8,
    maxBytes: 8 + max,
    write (w, value) {
      if (typeof value !== 'string') throw new TosError('INVALID_VALUE', `${String(value)} is not a string`)
      if (value.length > max) throw overLimit('string', value.length, max)
      if (!writeAscii(w, value)) writeUtf8(w, value, max)
    },
    read (r) {
      const length = r.takeLength(max, 1)
      return readAscii(r, length) ?? readUtf8(r, length)
    }
  }
}

/** Nearly every string on the wire is printable ASCII, where a character is a byte: false when this one is not. */
function writeAscii (w: ByteWriter, value: string): boolean {
  const { length } = value
  const start = w.length
  w.putLength(length)
  const at = w.reserve(length)
  const { bytes } = w
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code > 0x7e) {
      w.length = start
      return false
    }
    bytes[at + i] = code
  }
  return true
}

function writeUtf8 (w: ByteWriter, value: string, max: number): void {
  if (!value.isWellFormed() || CONTROL.test(value)) throw new TosError('INVALID_UTF8', 'string holds control characters or lone surrogates')
  const encoded = encoder.encode(value)
  if (encoded.length > max) throw overLimit('string', encoded.length, max)
  w.putLength(encoded.length)
  w.putBytes(encoded)
}

/** The next `length` bytes as text if all are printable ASCII; else takes nothing. */
function readAscii (r: ByteReader, length: number): string | undefined {
  const { bytes, offset } = r
  const end = offset + length
  for (let i = offset; i < end; i++) {
    const code = bytes[i] as number
    if (code < 0x20 || code > 0x7e) return undefined
  }
  r.take(length)
  return latin1(bytes, offset, end)
}

function readUtf8 (r: ByteReader, length: number): string {
  let text: string
  try {
    text = decoder.decode(r.takeBytes(length))
  } catch (cause) {
    throw new TosError('INVALID_UTF8', 'string is not UTF-8', { cause })
  }
  if (CONTROL.test(text)) throw new TosError('INVALID_UTF8', 'string holds control characters')
  return text
}
