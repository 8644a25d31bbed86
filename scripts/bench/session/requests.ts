import { plainRow, ratioRow } from '../harness.ts'
import type { Row, RunContext } from '../harness.ts'
import { median, pairedRatio } from '../measure.ts'
import { REQUEST_SIZES, requestTitle, withContenders } from '../request/contenders.ts'

/** Requests in flight, and the part of the plain rate that must be left. */
const LOADS = [{ inFlight: 1, least: 0.75 }, { inFlight: 64, least: 0.45 }] as const

/**
 * Sealed against plain TOS requests, each on one connection between two processes. The goals are for sealing; what padding costs on top
 * stands below: at privacy medium 100 B travel as 256, and 1 KiB with its envelope as 2 KiB, which is the worst there is.
 */
export async function sealedRequestRows ({ long, log }: RunContext): Promise<Row[]> {
  return withContenders(['sealed', 'ours', 'sealed-padded'] as const, REQUEST_SIZES, async measure => {
    const rounds = long ? 25 : 5
    const ms = long ? 400 : 130
    const rows: Row[] = []
    for (const { inFlight, least } of LOADS) {
      for (const size of REQUEST_SIZES) {
        const title = `sealed requests of ${requestTitle(size, inFlight)}`
        const { sealed, ours, 'sealed-padded': padded } = await measure({ size, inFlight, ms }, rounds, round => { log(`${title}, round ${round + 1}/${rounds}`) })
        rows.push(
          ratioRow(title, Math.round(median(sealed)), 'req/s', 'plain TOS', pairedRatio(sealed, ours), least),
          plainRow(`  ${title}, padded (medium)`, Math.round(median(padded)), 'req/s', { peer: 'plain TOS', ratio: pairedRatio(padded, ours) })
        )
      }
    }
    return rows
  })
}
