import type { Stream } from '@libp2p/interface'
import { FrameReader, MAX_SKIPPED_BYTES } from '../../src/frame/index.ts'
import { decodePayload, ERROR } from '../../src/protocol/index.ts'
import type { ErrorMessage } from '../../src/protocol/index.ts'

/** A frame read by hand. */
export interface RawFrame { readonly type: number, readonly payload: Uint8Array }

/** The other end of a protocol, by hand: writes any bytes, reads whole frames. */
export interface RawStream {
  readonly stream: Stream
  readonly frames: RawFrame[]
  write (...chunks: Uint8Array[]): void
  /** The next frame not yet taken. Throws when the stream ends first. */
  next (): Promise<RawFrame>
  /** The next frame, which must be an ERROR. */
  nextError (): Promise<ErrorMessage>
  /** Resolves when the stream is over in both directions: `undefined` for a clean end, else the error's name. */
  readonly closed: Promise<string | undefined>
  /** Resolves when the other side has sent all it will. */
  readonly ended: Promise<void>
}

export function rawStream (stream: Stream): RawStream {
  const frames: RawFrame[] = []
  let taken = 0
  let wake = (): void => {}
  let over = false
  const ended = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<string | undefined>()
  const reader = new FrameReader({ cap: () => 8 << 20, frame: (type, _header, payload) => { frames.push({ type, payload }); wake() }, unknown: () => { throw new Error(`above ${MAX_SKIPPED_BYTES}`) } })
  stream.addEventListener('message', ({ data }) => { for (const chunk of data instanceof Uint8Array ? [data] : data) reader.push(chunk) })
  const end = (): void => { over = true; ended.resolve(); wake() }
  stream.addEventListener('end', end)
  stream.addEventListener('close', ({ error }) => { end(); closed.resolve(error?.name) })
  if (stream.status !== 'open') { end(); closed.resolve(stream.status) }
  const raw: RawStream = {
    stream, frames, closed: closed.promise, ended: ended.promise,
    write: (...chunks) => { for (const chunk of chunks) stream.send(chunk) },
    async next () {
      while (taken >= frames.length) {
        if (over) throw new Error('the stream ended')
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
      }
      return frames[taken++] as RawFrame
    },
    async nextError () {
      const { type, payload } = await raw.next()
      if (type !== ERROR.code) throw new Error(`type 0x${type.toString(16)} is no ERROR`)
      return decodePayload(ERROR, payload)
    }
  }
  return raw
}
