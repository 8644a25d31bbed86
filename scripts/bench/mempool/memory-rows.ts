import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createMempool, systemClock } from '../../../src/chain/index.ts'
import { limitRow, plainRow } from '../harness.ts'
import type { Row } from '../harness.ts'
import { runs, trustingLedger, unsigned } from './workload.ts'

const HELD = 50_000
const OVERHEAD_BYTES = 1024

/** What a transaction costs in memory beyond its bytes: in the pool, as the heap and the array buffers grow by it. */
export async function memoryRows (): Promise<Row[]> {
  const rows: Row[] = []
  for (const [run, name] of [[1, 'one of each sender'], [50, '50 of each sender']] as const) {
    const ledger = await trustingLedger()
    const pool = createMempool({ ledger, clock: systemClock })
    // the first calls compile code; the rest of the list is made and forgotten in slices
    const specs = runs(HELD, run)
    for (const data of unsigned(specs.slice(0, 1000))) pool.add(data)
    const before = used()
    let bytes = 0
    for (let at = 1000; at < HELD; at += 1000) {
      for (const data of unsigned(specs.slice(at, at + 1000), at)) {
        pool.add(data)
        bytes += data.length
      }
    }
    const each = (used() - before - bytes) / (HELD - 1000)
    rows.push(limitRow(`memory of a transaction beyond its own bytes, ${name}`, each, 'B', OVERHEAD_BYTES))
    if (run === 50) rows.push(plainRow('  its own bytes', bytes / (HELD - 1000), 'B'))
    await pool.close()
    await ledger.close()
  }
  return rows
}

function used (): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
