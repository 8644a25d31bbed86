import { TosError } from '../errors/index.ts'

const buffer = globalThis.Buffer as BufferConstructor | undefined

/** Lower-case hexadecimal. */
export const toHex: (bytes: Uint8Array) => string = buffer === undefined
  ? bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
  : bytes => buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

/** Strict hexadecimal, either case; `length` in bytes when given. Throws `INVALID_VALUE`. */
export function fromHex (text: string, length?: number): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text) || (length !== undefined && text.length !== length * 2)) {
    throw new TosError('INVALID_VALUE', `not ${length === undefined ? '' : `${length} bytes of `}hexadecimal: ${text.slice(0, 80)}`)
  }
  return buffer === undefined ? Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)) : buffer.from(text, 'hex')
}
