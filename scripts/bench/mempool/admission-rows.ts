import { createMempool, systemClock } from '../../../src/chain/index.ts'
import type { Mempool, ReferenceLedger } from '../../../src/chain/index.ts'
import { floorRow, limitRow } from '../harness.ts'
import type { Row } from '../harness.ts'
import { median } from '../measure.ts'
import { generator, runs, threadTime, trustingLedger, unsigned } from './workload.ts'
import type { Spec } from './workload.ts'

const HELD = 50_000
const PER_SECOND = 20_000
const TAKE_MS = 50
const BLOCK_BYTES = 1024 * 1024

/** What the pool costs where signatures cost nothing: an empty one that fills, a full one, and a template. */
export async function admissionRows (rounds: number): Promise<Row[]> {
  const ledger = await trustingLedger()
  const rows: Row[] = []
  for (const [run, name] of [[1, 'one of each sender'], [50, '50 of each sender']] as const) {
    const list = unsigned(runs(HELD, run))
    const singly = await rate(rounds, list.length, ledger, () => {}, pool => { for (const data of list) pool.add(data) })
    rows.push(floorRow(`admissions into an empty pool, ${name}`, singly, '1/s', PER_SECOND))
    const batched = await rate(rounds, list.length, ledger, () => {}, pool => pool.addAll(list))
    rows.push(floorRow('  by the path of others\' transactions', batched, '1/s', PER_SECOND))
  }
  const base = runs(HELD, 10)
  const filling = unsigned(base)
  const flow = mixed(base, HELD)
  const offered = unsigned(flow, 3)
  const fill = (pool: Mempool): void => { for (const data of filling) pool.add(data) }
  let last: Record<string, number> = {}
  const full = await rate(rounds, offered.length, ledger, fill, async pool => {
    await pool.addAll(offered)
    last = pool.dump()
  })
  rows.push(floorRow(`${HELD.toLocaleString('en-US')} held: replacements, evictions, refusals, repeats`, full, '1/s', PER_SECOND))
  rows.push({ name: '  of them entered by eviction', value: (last['evicted'] ?? 0) / offered.length * 100, unit: '%', peer: null, ratio: null, goal: null, pass: true })
  rows.push({ name: '  of them replaced another', value: (last['replaced'] ?? 0) / offered.length * 100, unit: '%', peer: null, ratio: null, goal: null, pass: true })
  const pool = createMempool({ ledger, clock: systemClock })
  fill(pool)
  const times: number[] = []
  let taken = 0
  for (let round = 0; round < rounds * 3; round++) times.push(await threadTime(() => { taken = pool.take(BLOCK_BYTES, 10_000).length }))
  rows.push(limitRow(`a block of 1 MiB out of them, ${taken.toLocaleString('en-US')} transactions`, median(times) / 1e6, 'ms', TAKE_MS))
  await ledger.close()
  return rows
}

/** What comes at a full pool: a third new and well paid, and equal parts of replacements that pay, of what is too cheap, and of repeats. */
function mixed (held: readonly Spec[], count: number): Spec[] {
  const random = generator(11)
  return Array.from({ length: count }, (_, i): Spec => {
    const some = held[random() % held.length] as Spec
    if (i % 9 < 3) return { sender: 1_000_000 + i, nonce: 0, fee: 60_000 + random() % 60_000 }
    if (i % 9 < 5) return { ...some, fee: some.fee * 2 }
    if (i % 9 < 7) return { sender: 2_000_000 + i, nonce: 0, fee: 1 }
    return some
  })
}

/** Admissions per second of this thread's processor time; the median of rounds on fresh pools. */
async function rate (rounds: number, count: number, ledger: ReferenceLedger, prepare: (pool: Mempool) => void, act: (pool: Mempool) => unknown): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const pool = createMempool({ ledger, clock: systemClock })
    prepare(pool)
    times.push(await threadTime(() => act(pool)))
    await pool.close()
  }
  return count / (median(times) / 1e9)
}
