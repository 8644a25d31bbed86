import { ratioRow } from './harness.ts'
import type { Row, RunContext, Suite } from './harness.ts'
import { median } from './measure.ts'
import { startScript } from './node/processes.ts'
import type { Child } from './node/processes.ts'
import type { Batch } from './request/client.ts'
import { transportRows } from './transport.ts'

/** Payloads compared, bytes. */
const SIZES = [100, 1024] as const
/** Requests in flight, and what ours must reach against each peer. */
const LOADS = [{ inFlight: 1, least: 4 }, { inFlight: 64, least: 20 }] as const
/** Load before anything is measured, ms per contender and size: one at a time means few calls, and they must be compiled by then. */
const WARM_UP_MS = 400

const CONTENDERS = ['ours', 'fetch', 'stream'] as const
type Contender = typeof CONTENDERS[number]
const PEERS = { fetch: '@libp2p/fetch', stream: 'new stream per request' } as const

/** Requests over real TCP between two processes: ours against `@libp2p/fetch` and a new stream for every request. */
export const suite: Suite = {
  name: 'request',
  describe: 'requests per second between two processes over TCP',
  async run (context) {
    return [...await withContenders(clients => compare(clients, context)), ...await transportRows(context)]
  }
}

async function compare (clients: Record<Contender, Child>, { long, log }: RunContext): Promise<Row[]> {
  const rounds = long ? 15 : 7
  const ms = long ? 400 : 180
  const measure = async (contender: Contender, batch: Batch): Promise<number> => {
    clients[contender].tell(JSON.stringify(batch))
    return Number(await clients[contender].line())
  }
  for (const contender of CONTENDERS) for (const size of SIZES) await measure(contender, { size, inFlight: 64, ms: WARM_UP_MS })
  const rows: Row[] = []
  for (const { inFlight, least } of LOADS) {
    for (const size of SIZES) {
      const rates: Record<Contender, number[]> = { ours: [], fetch: [], stream: [] }
      for (let round = 0; round < rounds; round++) {
        log(`${size} B, ${inFlight} in flight, round ${round + 1}/${rounds}`)
        // who goes first changes, so that nobody always follows the same neighbour
        for (let i = 0; i < CONTENDERS.length; i++) {
          const contender = CONTENDERS[(i + round) % CONTENDERS.length] as Contender
          rates[contender].push(await measure(contender, { size, inFlight, ms }))
        }
      }
      const title = `${size} B, ${inFlight === 1 ? 'one at a time' : `${inFlight} in flight`}`
      for (const peer of ['fetch', 'stream'] as const) {
        const ratios = rates.ours.map((rate, i) => rate / (rates[peer][i] as number))
        rows.push(ratioRow(title, Math.round(median(rates.ours)), 'req/s', PEERS[peer], median(ratios), least))
      }
    }
  }
  return rows
}

/** Two processes for each contender, so that what one leaves behind (garbage, closing streams) never falls on another. */
async function withContenders<T> (use: (clients: Record<Contender, Child>) => Promise<T>): Promise<T> {
  const children: Child[] = []
  const start = (script: string, args: readonly string[]): Child => {
    const child = startScript(script, args)
    children.push(child)
    return child
  }
  try {
    const clients = await Promise.all(CONTENDERS.map(async contender => {
      const address = await start('../request/server.ts', [contender]).line()
      const client = start('../request/client.ts', [contender, address])
      await client.line()
      return [contender, client] as const
    }))
    return await use(Object.fromEntries(clients) as Record<Contender, Child>)
  } finally {
    await Promise.all(children.toReversed().map(child => child.end()))
  }
}
