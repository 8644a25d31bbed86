import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ratioRow } from './harness.ts'
import type { Row, Suite } from './harness.ts'
import { median } from './measure.ts'
import { FETCH_PREFIX, STREAM_ID } from './request/echo.ts'
import { stockNode, tosNode } from './request/nodes.ts'

/** Payloads compared, bytes. */
const SIZES = [100, 1024] as const
/** Requests in flight, and what ours must reach against each peer. */
const LOADS = [{ inFlight: 1, least: 4 }, { inFlight: 64, least: 20 }] as const

type Ask = (size: number) => Promise<unknown>

/** Requests over real TCP between two processes: ours against `@libp2p/fetch` and a new stream for every request. */
export const suite: Suite = {
  name: 'request',
  describe: 'requests per second between two processes over TCP',
  async run ({ long, log }) {
    const { transportRows } = await import('./transport.ts')
    const rows = await withServer(async (stockAddress, tosAddress) => {
      const stock = await stockNode()
      const tos = await tosNode()
      try {
        await Promise.all([stock.dial(stockAddress), tos.dial(tosAddress)])
        const contenders = contendersOf(stock, tos)
        return await compare(contenders, { rounds: long ? 15 : 7, batchMs: long ? 400 : 120 }, log)
      } finally {
        await Promise.all([stock.stop(), tos.stop()])
      }
    })
    return [...rows, ...await transportRows({ long, log })]
  }
}

function contendersOf (stock: Awaited<ReturnType<typeof stockNode>>, tos: Awaited<ReturnType<typeof tosNode>>): Record<'ours' | 'fetch' | 'stream', Ask> {
  const stockPeer = stock.getPeers()[0] as (typeof stock)['peerId']
  const tosPeer = tos.getPeers()[0] as (typeof tos)['peerId']
  const payloads = new Map<number, Uint8Array>(SIZES.map(size => [size, new Uint8Array(size).fill(7)]))
  return {
    ours: size => tos.services.echo.request(tosPeer, { data: payloads.get(size) as Uint8Array }),
    fetch: size => stock.services.fetch.fetch(stockPeer, `${FETCH_PREFIX}${size}`),
    stream: async size => echoStream(await stock.dialProtocol(stockPeer, STREAM_ID, { maxOutboundStreams: 1000 }), payloads.get(size) as Uint8Array)
  }
}

async function echoStream (stream: Stream, payload: Uint8Array): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let received = 0
  stream.addEventListener('message', ({ data }) => {
    received += data.byteLength
    if (received === payload.length) resolve(received)
  })
  stream.addEventListener('close', ({ error }) => { reject(error ?? new Error('closed early')) })
  stream.send(payload)
  await stream.close()
  return promise
}

async function compare (contenders: Record<'ours' | 'fetch' | 'stream', Ask>, { rounds, batchMs }: { rounds: number, batchMs: number }, log: (text: string) => void): Promise<Row[]> {
  const rows: Row[] = []
  for (const { inFlight, least } of LOADS) {
    for (const size of SIZES) {
      const rates: Record<string, number[]> = { ours: [], fetch: [], stream: [] }
      // the first round warms up and does not count
      for (let round = -1; round < rounds; round++) {
        log(`${size} B, ${inFlight} in flight, round ${round + 1}/${rounds}`)
        for (const [name, ask] of Object.entries(contenders)) {
          const rate = await rateOf(() => ask(size), inFlight, batchMs)
          if (round >= 0) rates[name]?.push(rate)
        }
      }
      const [ours, fetch, stream] = [rates.ours, rates.fetch, rates.stream].map(values => median(values as number[])) as [number, number, number]
      const name = `${size} B, ${inFlight === 1 ? 'one at a time' : `${inFlight} in flight`}`
      rows.push(ratioRow(name, Math.round(ours), 'req/s', '@libp2p/fetch', ours / fetch, least), ratioRow(name, Math.round(ours), 'req/s', 'new stream per request', ours / stream, least))
    }
  }
  return rows
}

async function rateOf (ask: () => Promise<unknown>, inFlight: number, batchMs: number): Promise<number> {
  const start = performance.now()
  const end = start + batchMs
  let done = 0
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (performance.now() < end) {
      await ask()
      done++
    }
  }))
  return done / (performance.now() - start) * 1000
}

/** Runs the answering process around `use`. */
async function withServer<T> (use: (stock: Multiaddr, tos: Multiaddr) => Promise<T>): Promise<T> {
  const server = spawn(process.execPath, [fileURLToPath(new URL('request/server.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const [line] = await once(createInterface({ input: server.stdout }), 'line') as [string]
    const { stock, tos } = JSON.parse(line) as { stock: [string], tos: [string] }
    return await use(multiaddr(stock[0]), multiaddr(tos[0]))
  } finally {
    server.stdin.end()
    const deadline = setTimeout(() => { server.kill('SIGKILL') }, 5000)
    await once(server, 'exit')
    clearTimeout(deadline)
  }
}

