import type { Stream } from '@libp2p/interface'
import { TosError } from '../errors/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import { abortable } from './abortable.ts'

/**
 * The codec of a stream whose session is still being set up. The stream is paused meanwhile, so what arrives waits in order and the
 * muxer's window bounds it; the `FrameStream` made afterwards reads on. Throws what the carrier throws, `STREAM_CLOSED` when the stream
 * ends first, or the signal's coded reason.
 */
export async function awaitCodec (codec: Promise<FrameCodec>, stream: Stream, signal: AbortSignal): Promise<FrameCodec> {
  const closing = new AbortController()
  const closed = (): void => { closing.abort(new TosError('STREAM_CLOSED', 'the stream closed before its session was set up')) }
  stream.addEventListener('close', closed)
  if (stream.status !== 'open') closed()
  else if (stream.readStatus === 'readable') stream.pause()
  try {
    return await abortable(codec, AbortSignal.any([closing.signal, signal]))
  } finally {
    stream.removeEventListener('close', closed)
  }
}
