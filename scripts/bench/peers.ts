import type { Suite } from './harness.ts'
import { EFFORT } from './measure.ts'
import { rateRows } from './peers/rate-rows.ts'

/** What protects a node from its peers, and what it costs. */
export const suite: Suite = {
  name: 'peers',
  describe: 'rate limiter over one and 10^6 peers, beside the queues of the specification',
  async run ({ long, log }) {
    log('rate limiter')
    return rateRows(long ? EFFORT.long : EFFORT.short)
  }
}
