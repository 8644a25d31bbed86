import { TosError } from '../errors/index.ts'

/** Lower-case hexadecimal. */
export function toHex (bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** Strict hexadecimal, either case; `length` in bytes when given. Throws `INVALID_VALUE`. */
export function fromHex (text: string, length?: number): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text) || (length !== undefined && text.length !== length * 2)) {
    throw new TosError('INVALID_VALUE', `not ${length === undefined ? '' : `${length} bytes of `}hexadecimal: ${text.slice(0, 80)}`)
  }
  return Buffer.from(text, 'hex')
}
