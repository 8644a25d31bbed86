import type { Suite } from './harness.ts'
import { EFFORT } from './measure.ts'
import { bookRows } from './peers/book-rows.ts'
import { choiceRows } from './peers/choice-rows.ts'
import { devnetRows } from './peers/devnet-rows.ts'
import { rateRows } from './peers/rate-rows.ts'

/** What protects a node from its peers, and what it costs. */
export const suite: Suite = {
  name: 'peers',
  describe: 'rate limiter over one and 10^6 peers, beside the queues of the specification; choice of peers, address book; with --long a devnet',
  async run ({ long, log }) {
    const effort = long ? EFFORT.long : EFFORT.short
    // before the rate limiter: the million names it makes would slow down all that comes after
    log('address book')
    const book = bookRows(long)
    log('choice of peers')
    const choice = choiceRows(effort)
    log('rate limiter')
    const rows = [...rateRows(effort), ...choice, ...book]
    if (!long) return rows
    log('devnet')
    return [...rows, ...await devnetRows()]
  }
}
