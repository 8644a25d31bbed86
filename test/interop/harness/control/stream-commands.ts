import type { Stream } from '@libp2p/interface'
import { base64, bytes, connectionTo, number, peerOf, text } from './control-peer.ts'
import type { Arguments, Commands, ControlPeer } from './control-peer.ts'
import { collect, listen, writeAll, zeros } from './stream-io.ts'
import { ECHO, SINK, SOURCE } from './standing-services.ts'

const OPEN_MS = 10_000
const BULK_MS = 120_000

/** stream, streams, bulk, echo. */
export function streamCommands ({ node, ping }: ControlPeer): Commands {
  const open = (args: Arguments, protocol: string): Promise<Stream> =>
    connectionTo(node, peerOf(args)).newStream(protocol, { signal: AbortSignal.timeout(OPEN_MS), runOnLimitedConnection: true })

  return {
    async stream (args) {
      const stream = await open(args, text(args, 'protocol'))
      const how = text({ how: 'half-close', ...args }, 'how')
      const read = args['read'] ?? 'all'
      const timeoutMs = number(args, 'timeoutMs', OPEN_MS)
      // a stream nobody listens to is not read: that is what holding one means
      const reading = read === 'none' || how === 'hold' ? undefined : collect(stream, { timeoutMs, ...(typeof read === 'number' ? { limit: read } : {}) })
      let broken = false
      try {
        await send(stream, bytes(args, 'send'), how)
      } catch {
        // a peer may refuse midway: what it said until then counts
        broken = true
      }
      if (reading === undefined) return { received: '', ended: broken || stream.status === 'reset' ? 'reset' : 'open' }
      const { received, ended } = await reading
      if (ended === 'timeout' || ended === 'open') stream.abort(new Error('read enough'))
      return { received: base64(received), ended }
    },
    async streams (args) {
      const count = number(args, 'count')
      const results = await Promise.allSettled(Array.from({ length: count }, () => open(args, text(args, 'protocol'))))
      const streams = results.filter(result => result.status === 'fulfilled').map(({ value }) => value)
      // a stream above the limit is reset only after it was agreed on: one round trip later every reset has arrived
      await ping.ping(peerOf(args), { signal: AbortSignal.timeout(OPEN_MS) })
      const opened = streams.filter(({ status }) => status === 'open').length
      return { opened, refused: count - opened }
    },
    async bulk (args) {
      const total = number(args, 'bytes')
      const sends = text(args, 'direction') === 'send'
      const stream = await open(args, sends ? SINK : SOURCE)
      const start = performance.now()
      if (sends) {
        const answer = collect(stream, { limit: 8, timeoutMs: BULK_MS })
        await writeAll(stream, zeros(total))
        await stream.close()
        const { received } = await answer
        if (received.length < 8 || Number(Buffer.from(received).readBigUInt64BE()) !== total) throw new Error(`the other side counted ${Buffer.from(received).toString('hex')}`)
      } else {
        const got = await receive(stream, total)
        if (got !== total) throw new Error(`${got} of ${total} bytes came`)
      }
      return { ms: performance.now() - start }
    },
    async echo (args) {
      const size = number(args, 'size')
      const stream = await open(args, ECHO)
      const times: number[] = []
      for (let i = 0; i < number(args, 'count'); i++) {
        const start = performance.now()
        const answer = collect(stream, { limit: size, timeoutMs: OPEN_MS })
        stream.send(new Uint8Array(size).fill(i))
        const { received, ended } = await answer
        if (received.length !== size) throw new Error(`${received.length} of ${size} bytes came back: ${ended}`)
        times.push(performance.now() - start)
      }
      await stream.close()
      return { p50Ms: times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0 }
    }
  }
}

async function send (stream: Stream, data: Uint8Array, how: string): Promise<void> {
  switch (how) {
    case 'bytewise':
      for (const byte of data) {
        await writeAll(stream, [Uint8Array.of(byte)])
        // a turn of the loop each, so that no layer joins them
        await new Promise(setImmediate)
      }
      await stream.close()
      return
    case 'half-close':
      if (data.length > 0) await writeAll(stream, [data])
      await stream.close()
      return
    case 'reset':
      await writeAll(stream, [data])
      stream.abort(new Error('reset on purpose'))
      return
    case 'keep': case 'hold':
      if (data.length > 0) await writeAll(stream, [data])
      return
    default: throw new Error(`how ${how}?`)
  }
}

/** Asks a source for `total` bytes and counts what comes, holding none of it. */
async function receive (stream: Stream, total: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let got = 0
  listen(stream, {
    data (piece) {
      got += piece.length
      if (got >= total) resolve()
    },
    end: resolve,
    close: () => { resolve() }
  })
  const wanted = Buffer.alloc(8)
  wanted.writeBigUInt64BE(BigInt(total))
  stream.send(wanted)
  await stream.close()
  await promise
  return got
}
