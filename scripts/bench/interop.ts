import { TosError } from '../../src/errors/index.ts'
import { find } from '../../test/interop/harness/toolchain.ts'
import { plainRow, ratioRow } from './harness.ts'
import type { Row, RunContext, Suite } from './harness.ts'
import { CONTENDERS, ECHO_BYTES, TRANSPORTS, withContenders } from './interop/contenders.ts'
import type { Contender, Figures, Load, Transport } from './interop/contenders.ts'
import { median, pairedRatio } from './measure.ts'

const BULK_BYTES = 64 * 1024 * 1024
/** Within a tenth of stock js-libp2p. */
const LEAST_BULK = 0.9
/** The same of a time, as the ratio of the rates. */
const LEAST_ECHO = 0.91
const BARE = 'bare js-libp2p'

/** Our node and a stock one, each against the same go-libp2p peer in another process, go with itself beside them. */
export const suite: Suite = {
  name: 'interop',
  describe: 'bulk and echo with a go-libp2p peer over TCP and QUIC',
  async run (context) {
    const go = find('go')
    if ('missing' in go) throw new TosError('FILE_UNREADABLE', `the interop bench measures against go-libp2p, and ${go.missing}`, { hint: go.hint })
    const rows: Row[] = []
    for (const transport of Object.keys(TRANSPORTS) as Transport[]) rows.push(...await compare(transport, context))
    return rows
  }
}

async function compare (transport: Transport, { long, log }: RunContext): Promise<Row[]> {
  const rounds = long ? 15 : 5
  const load: Load = { bytes: BULK_BYTES, echoes: long ? 2_000 : 500 }
  const seen: Record<Contender, Figures[]> = { tosd: [], js: [], go: [] }
  await withContenders(transport, async measure => {
    // round 0 warms up
    for (let round = 0; round <= rounds; round++) {
      log(`${transport}, round ${round} of ${rounds}`)
      // who goes first changes, so that nobody always follows the same neighbour
      for (let i = 0; i < CONTENDERS.length; i++) {
        const name = CONTENDERS[(i + round) % CONTENDERS.length] as Contender
        const figures = await measure(name, round === 0 ? { ...load, bytes: BULK_BYTES / 4 } : load)
        if (round > 0) seen[name].push(figures)
      }
    }
  })
  const of = (name: Contender, what: keyof Figures): number[] => seen[name].map(figures => figures[what])
  const bulk = (what: 'send' | 'receive', title: string): Row[] => [
    ratioRow(`64 MiB ${title} go, ${transport}`, Math.round(median(of('tosd', what))), 'Mbit/s', BARE, pairedRatio(of('tosd', what), of('js', what)), LEAST_BULK),
    plainRow(`  the same, ${BARE}`, Math.round(median(of('js', what))), 'Mbit/s'),
    plainRow('  the same, go with go', Math.round(median(of('go', what))), 'Mbit/s')
  ]
  return [
    ...bulk('send', 'to'),
    ...bulk('receive', 'from'),
    ratioRow(`${ECHO_BYTES} B echo p50, ${transport}`, median(of('tosd', 'echo')), 'ms', BARE, pairedRatio(of('js', 'echo'), of('tosd', 'echo')), LEAST_ECHO),
    plainRow(`  the same, ${BARE}`, median(of('js', 'echo')), 'ms'),
    plainRow('  the same, go with go', median(of('go', 'echo')), 'ms')
  ]
}
