import type { Stream } from '@libp2p/interface'
import { FETCH_PREFIX, STREAM_ID } from './echo.ts'
import { stockNode, tosNode } from './nodes.ts'

/** The answering process: prints both nodes' addresses on one line and ends with its standard input. */
const [stock, tos] = await Promise.all([stockNode(), tosNode()])
const values = new Map<string, Uint8Array>()

stock.services.fetch.registerLookupFunction(FETCH_PREFIX, async key => {
  const text = new TextDecoder().decode(key)
  const size = Number(text.split('/')[2])
  const value = values.get(text) ?? new Uint8Array(size).fill(7)
  values.set(text, value)
  return value
})

await stock.handle(STREAM_ID, (stream: Stream) => {
  const chunks: Uint8Array[] = []
  stream.addEventListener('message', ({ data }) => { chunks.push(data.subarray()) })
  stream.addEventListener('remoteCloseWrite', () => {
    for (const chunk of chunks) stream.send(chunk)
    stream.close().catch(() => { stream.abort(new Error('could not close')) })
  })
}, { maxInboundStreams: 1000, maxOutboundStreams: 1000 })

process.stdout.write(`${JSON.stringify({ stock: stock.getMultiaddrs().map(String), tos: tos.getMultiaddrs().map(String) })}\n`)
process.stdin.resume().once('end', () => { void Promise.all([stock.stop(), tos.stop()]) })
