import type { Stream } from '@libp2p/interface'
import { FETCH_PREFIX, STREAM_ID } from './echo.ts'
import { isTosKind, stockNode, tosNode } from './nodes.ts'

/** The answering process of one contender (`ours`, `sealed`, `sealed-padded`, `fetch` or `stream`): prints its address and ends with its standard input. */
const [contender = ''] = process.argv.slice(2)
const node = isTosKind(contender) ? await tosNode(contender) : await answering()
process.stdout.write(`${node.getMultiaddrs()[0]?.toString()}\n`)
process.stdin.resume().once('end', () => { void node.stop() })

async function answering (): ReturnType<typeof stockNode> {
  const stock = await stockNode()
  const values = new Map<string, Uint8Array>()
  stock.services.fetch.registerLookupFunction(FETCH_PREFIX, async key => {
    const text = new TextDecoder().decode(key)
    const value = values.get(text) ?? new Uint8Array(Number(text.split('/')[2])).fill(7)
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
  return stock
}
