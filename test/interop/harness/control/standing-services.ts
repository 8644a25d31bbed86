import type { Libp2p, Stream } from '@libp2p/interface'
import { collect, listen, writeAll, zeros } from './stream-io.ts'

/** Sends back what comes, until the other side has finished. */
export const ECHO = '/interop/echo/1.0.0'
/** Reads to the end, then answers how many bytes there were, u64 big-endian. */
export const SINK = '/interop/sink/1.0.0'
/** Reads a u64 big-endian and sends that many bytes. */
export const SOURCE = '/interop/source/1.0.0'

const REQUEST_MS = 30_000

/** What every peer serves from its start. `failed` hears of streams that broke: nothing may end the process. */
export async function serveStanding (node: Libp2p, failed: (error: unknown) => void): Promise<void> {
  const serve = (protocol: string, handle: (stream: Stream) => Promise<void>): Promise<void> =>
    node.handle(protocol, stream => { handle(stream).catch(failed) }, { maxInboundStreams: 256, maxOutboundStreams: 256, runOnLimitedConnection: true })
  await serve(ECHO, echo)
  await serve(SINK, sink)
  await serve(SOURCE, source)
}

function echo (stream: Stream): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  stream.addEventListener('drain', () => { if (!stream.writableNeedsDrain && stream.status === 'open' && stream.readStatus === 'paused') stream.resume() })
  listen(stream, {
    data (piece) {
      if (stream.writeStatus === 'writable' && !stream.send(piece) && stream.readStatus === 'readable') stream.pause()
    },
    end: () => { stream.close().then(resolve, reject) },
    close: () => { resolve() }
  })
  return promise
}

async function sink (stream: Stream): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let count = 0n
  listen(stream, {
    data: piece => { count += BigInt(piece.length) },
    end: resolve,
    close: error => { if (error === undefined) resolve(); else reject(error) }
  })
  await promise
  const answer = Buffer.alloc(8)
  answer.writeBigUInt64BE(count)
  await writeAll(stream, [answer])
  await stream.close()
}

async function source (stream: Stream): Promise<void> {
  const { received } = await collect(stream, { limit: 8, timeoutMs: REQUEST_MS })
  if (received.length < 8) {
    stream.abort(new Error('a source is asked with eight bytes'))
    return
  }
  await writeAll(stream, zeros(Number(Buffer.from(received).readBigUInt64BE())))
  await stream.close()
}
