import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDialRecords } from '../../src/peers/manager/dial-records.ts'
import type { CooldownCause } from '../../src/peers/topology/index.ts'
import { GOODBYE_REASON } from '../../protocols/index.ts'

const S = 1000

/** What a peer is left alone for, s, when each stay with us ends for `cause`. */
function waits (cause: CooldownCause, stays: readonly number[]): number[] {
  const records = createDialRecords(() => 0)
  let now = 0
  return stays.map(stay => {
    records.stayed('peer', stay * S)
    now = Math.max(now, records.get('peer').notBefore) + stay * S
    records.cool('peer', cause, now)
    return (records.get('peer').notBefore - now) / S
  })
}

// cause, seconds it was with us each time, seconds it is then left alone
const STAYS: ReadonlyArray<readonly [string, CooldownCause, readonly number[], readonly number[]]> = [
  ['comes and goes at once', 'lost', [1, 1, 1, 1, 1, 1], [2, 4, 8, 16, 32, 64]],
  ['restarts every half minute', 'lost', [30, 30, 30, 30], [2, 2, 2, 2]],
  ['says goodbye and restarts every half minute', GOODBYE_REASON.shutdown, [30, 30, 30, 30], [10, 10, 10, 10]],
  ['stays less long than it is left alone', GOODBYE_REASON.tooManyPeers, [15, 15, 15], [30, 60, 120]],
  ['stays a minute, however long it was left alone', GOODBYE_REASON.tooManyPeers, [15, 15, 15, 15, 60], [30, 60, 120, 240, 30]]
]
for (const [what, cause, stays, expected] of STAYS) {
  test(`a peer that ${what} is left alone for ${expected.join(', ')} s`, () => { assert.deepEqual(waits(cause, stays), expected) })
}
