import { address, ip, memoryStore, NOW, peer, testBook } from '../../../test/peers-book/book-fixture.ts'
import { limitRow, plainRow } from '../harness.ts'
import type { Row } from '../harness.ts'
import { median } from '../measure.ts'

const ENTRIES = 20_000
/** Of these so many were reached: they stand in `tried` with a peer id. */
const TRIED = 2000
const GOAL_MS = 200

/** Processor time to load and to save a full address book. The first load of the process counts: a node loads its book once, with cold code. */
export function bookRows (long: boolean): Row[] {
  const store = memoryStore()
  const book = testBook(1, { store })
  for (let i = 0; i < TRIED; i++) book.good(address(i, 1), peer(i), NOW)
  for (let i = 0; book.counts().entries < ENTRIES && i < 4 * ENTRIES; i++) book.add([{ address: address(i % 15_000, 2 + i) }], ip(i % 3000, 9), NOW)
  const saves: number[] = []
  const loads: number[] = []
  for (let round = 0; round < (long ? 25 : 9); round++) {
    saves.push(time(() => { book.save() }))
    loads.push(time(() => testBook(2 + round, { store })))
  }
  const { entries, bytes } = testBook(1, { store }).counts()
  return [
    limitRow(`address book of ${entries.toLocaleString('en-US')} entries, first load`, loads[0] as number, 'ms', GOAL_MS),
    plainRow('  median of later loads', median(loads), 'ms'),
    plainRow('  save', median(saves), 'ms'),
    plainRow('  size of the file', bytes / 2 ** 20, 'MiB')
  ]
}

function time (act: () => unknown): number {
  const start = process.threadCpuUsage()
  act()
  const { user, system } = process.threadCpuUsage(start)
  return (user + system) / 1000
}
