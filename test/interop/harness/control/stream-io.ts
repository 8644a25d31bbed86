import type { Stream } from '@libp2p/interface'

/** How reading ended: the other side finished, the stream was reset, we had enough, or the time was over. */
export type Ending = 'eof' | 'reset' | 'open' | 'timeout'

/** What was read of a stream. */
export interface Collected { readonly received: Uint8Array, readonly ended: Ending }

/** What `listen` tells; each of `end` and `close` at most once. */
export interface StreamListener {
  readonly data: (piece: Uint8Array) => void
  /** The other side will send no more. */
  readonly end: () => void
  /** The stream is over in both directions; an error when it was reset. */
  readonly close?: (error: Error | undefined) => void
}

/**
 * Listens to a stream in full, however early the other side wrote and closed, and returns what ends that. A stream whose other side half-closed
 * during the negotiation has told its end already, before its data: who waits for the event alone waits for ever, and who takes
 * `readableEnded` for the end loses the data.
 */
export function listen (stream: Stream, { data, end, close }: StreamListener): () => void {
  const onMessage = ({ data: piece }: { readonly data: { subarray (): Uint8Array } }): void => { data(piece.subarray()) }
  let ended = false
  const onEnd = (): void => {
    if (ended) return
    ended = true
    end()
  }
  let closed = false
  const onClose = ({ error }: { readonly error?: Error }): void => {
    if (closed) return
    closed = true
    close?.(error)
  }
  // this queues the waiting data for the next microtask, so what is queued below comes after it
  stream.addEventListener('message', onMessage)
  stream.addEventListener('end', onEnd)
  stream.addEventListener('close', onClose)
  queueMicrotask(() => {
    const { status } = stream
    if (status === 'reset' || status === 'aborted') onClose({ error: new Error(`the stream is ${status}`) })
    else if (stream.readableEnded) onEnd()
    if (status === 'closed') onClose({})
  })
  return () => {
    ended = true
    closed = true
    stream.removeEventListener('message', onMessage)
    stream.removeEventListener('end', onEnd)
    stream.removeEventListener('close', onClose)
  }
}

/** Reads a stream until its end, until `limit` bytes are there, or until the time is over; listens from the moment of the call. */
export function collect (stream: Stream, { limit = Infinity, timeoutMs }: { readonly limit?: number, readonly timeoutMs: number }): Promise<Collected> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  const { promise, resolve } = Promise.withResolvers<Collected>()
  const finish = (ended: Ending): void => {
    clearTimeout(timer)
    stop()
    resolve({ received: Buffer.concat(pieces), ended })
  }
  const timer = setTimeout(() => { finish('timeout') }, timeoutMs)
  const stop = listen(stream, {
    data (piece) {
      pieces.push(piece)
      bytes += piece.length
      if (bytes >= limit) finish('open')
    },
    end: () => { finish('eof') },
    close: error => { finish(error === undefined ? 'eof' : 'reset') }
  })
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
