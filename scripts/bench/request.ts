import { ratioRow } from './harness.ts'
import type { Row, RunContext, Suite } from './harness.ts'
import { median, pairedRatio } from './measure.ts'
import { REQUEST_SIZES, requestTitle, withContenders } from './request/contenders.ts'
import type { MeasureRates } from './request/contenders.ts'
import { transportRows } from './transport.ts'

/** Requests in flight, and what ours must reach against each peer. */
const LOADS = [{ inFlight: 1, least: 4 }, { inFlight: 64, least: 20 }] as const

const CONTENDERS = ['ours', 'fetch', 'stream'] as const
type Contender = typeof CONTENDERS[number]
const PEERS = { fetch: '@libp2p/fetch', stream: 'new stream per request' } as const

/** Requests over real TCP between two processes: ours against `@libp2p/fetch` and a new stream for every request. */
export const suite: Suite = {
  name: 'request',
  describe: 'requests per second between two processes over TCP',
  async run (context) {
    const requests = await withContenders(CONTENDERS, REQUEST_SIZES, measure => compare(measure, context))
    return [...requests, ...await transportRows(context)]
  }
}

async function compare (measure: MeasureRates<Contender>, { long, log }: RunContext): Promise<Row[]> {
  const rounds = long ? 15 : 7
  const ms = long ? 400 : 180
  const rows: Row[] = []
  for (const { inFlight, least } of LOADS) {
    for (const size of REQUEST_SIZES) {
      const rates = await measure({ size, inFlight, ms }, rounds, round => { log(`${size} B, ${inFlight} in flight, round ${round + 1}/${rounds}`) })
      for (const peer of ['fetch', 'stream'] as const) {
        rows.push(ratioRow(requestTitle(size, inFlight), Math.round(median(rates.ours)), 'req/s', PEERS[peer], pairedRatio(rates.ours, rates[peer]), least))
      }
    }
  }
  return rows
}
