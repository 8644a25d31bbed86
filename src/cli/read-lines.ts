import type { Readable } from 'node:stream'
import { addAbortSignal } from 'node:stream'
import { TosError } from '../errors/index.ts'

/** Longest line, bytes: the largest frame is 10.5 MiB of hex. */
export const MAX_LINE_BYTES = 16 * 1024 ** 2

const LF = 10

/** The lines of a byte stream, empty ones too; what follows the last line end is one more only when it is not empty. A line too long is `undefined`. */
export async function * readLines (input: Readable, { max = MAX_LINE_BYTES, signal }: { readonly max?: number, readonly signal?: AbortSignal } = {}): AsyncGenerator<string | undefined> {
  if (signal !== undefined) addAbortSignal(signal, input)
  let parts: Buffer[] = []
  let size = 0
  const take = (part: Buffer): void => {
    size += part.length
    // a line too long is counted on and not kept
    if (size <= max) parts.push(part)
    else parts = []
  }
  const end = (): string | undefined => {
    const line = size > max ? undefined : Buffer.concat(parts).toString('utf8').replace(/\r$/, '')
    parts = []
    size = 0
    return line
  }
  for await (const piece of input as AsyncIterable<Buffer | string>) {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece
    let from = 0
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      take(chunk.subarray(from, at))
      yield end()
      from = at + 1
    }
    take(chunk.subarray(from))
  }
  if (size > 0) yield end()
}

/** A whole stream as text of at most `max` bytes. Throws `MESSAGE_TOO_LARGE`. */
export async function readAll (input: Readable, { max = MAX_LINE_BYTES }: { readonly max?: number } = {}): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const piece of input as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > max) throw tooLong(max)
    parts.push(piece)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** What a line that is too long is answered with. */
export function tooLong (max: number = MAX_LINE_BYTES): TosError {
  return new TosError('MESSAGE_TOO_LARGE', `the input exceeds ${max} bytes: no frame is that long`)
}
