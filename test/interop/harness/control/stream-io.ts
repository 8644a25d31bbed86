import type { Stream } from '@libp2p/interface'

/** How reading ended: the other side finished, the stream was reset, we had enough, or the time was over. */
export type Ending = 'eof' | 'reset' | 'open' | 'timeout'

/** What was read of a stream. */
export interface Collected { readonly received: Uint8Array, readonly ended: Ending }

/**
 * Reads a stream until its end, until `limit` bytes are there, or until the time is over; listens from the moment of the call. It never
 * waits on an end that has happened already, as iterating a closed stream would.
 */
export function collect (stream: Stream, { limit = Infinity, timeoutMs }: { readonly limit?: number, readonly timeoutMs: number }): Promise<Collected> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  const { promise, resolve } = Promise.withResolvers<Collected>()
  const finish = (ended: Ending): void => {
    clearTimeout(timer)
    stream.removeEventListener('message', onMessage)
    stream.removeEventListener('end', onEnd)
    stream.removeEventListener('close', onClose)
    resolve({ received: Buffer.concat(pieces), ended })
  }
  const onMessage = ({ data }: { readonly data: { subarray (): Uint8Array } }): void => {
    const piece = data.subarray()
    pieces.push(piece)
    bytes += piece.length
    if (bytes >= limit) finish('open')
  }
  const onEnd = (): void => { finish('eof') }
  const onClose = ({ error }: { readonly error?: Error }): void => { finish(error === undefined ? 'eof' : 'reset') }
  const timer = setTimeout(() => { finish('timeout') }, timeoutMs)
  stream.addEventListener('end', onEnd)
  stream.addEventListener('close', onClose)
  stream.addEventListener('message', onMessage)
  // an ending that came before anybody listened is not told again
  if (stream.status === 'reset' || stream.status === 'aborted') finish('reset')
  else if (stream.readableEnded || stream.status === 'closed') finish('eof')
  return promise
}

/** Writes all pieces, each when the stream has room for it. Rejects when the stream ends first. */
export async function writeAll (stream: Stream, pieces: Iterable<Uint8Array>): Promise<void> {
  for (const piece of pieces) {
    if (!stream.send(piece)) await drained(stream)
  }
}

/** Resolves once the stream takes more; its `onDrain()` waits only the first time. */
async function drained (stream: Stream): Promise<void> {
  while (stream.writableNeedsDrain) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const gone = ({ error }: { readonly error?: Error }): void => { reject(error ?? new Error('the stream closed while it was written to')) }
    stream.addEventListener('drain', () => { resolve() }, { once: true })
    stream.addEventListener('close', gone, { once: true })
    if (stream.status !== 'open') gone({})
    try {
      await promise
    } finally {
      stream.removeEventListener('close', gone)
    }
  }
}

/** `total` zero bytes in pieces that fill one noise message each. */
export function * zeros (total: number): Generator<Uint8Array> {
  const piece = new Uint8Array(65_507)
  for (let left = total; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece
}
