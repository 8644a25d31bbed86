import type { Suite } from './harness.ts'
import { admissionRows } from './mempool/admission-rows.ts'
import { memoryRows } from './mempool/memory-rows.ts'
import { signatureRows } from './mempool/signature-rows.ts'

/** Unconfirmed transactions: how fast they enter, leave, and what one of them costs. */
export const suite: Suite = {
  name: 'mempool',
  describe: 'admissions without and with signatures, a full pool under replacement and eviction, a block out of it, memory',
  async run ({ long, log }) {
    // first: afterwards there is more for the collector to look at
    log('memory')
    const memory = await memoryRows()
    log('without signatures')
    const admission = await admissionRows(long ? 9 : 3)
    log('with signatures')
    const signatures = await signatureRows(long ? 9 : 3, long ? 3200 : 1600)
    return [...admission, ...signatures, ...memory]
  }
}
