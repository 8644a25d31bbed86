import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { lies } from '../../scripts/attack/peers/lies.ts'
import type { Row } from '../../scripts/bench/harness.ts'

/** Its deadlines are those of the wall clock, and `test/discovery/dns-seeds.test.ts` has the same server. */
const { dnsPoison: _, ...quick } = lies

suite('rows of attack peers that need no daemon hold their lines, on a small scale', () => {
  for (const [name, attack] of Object.entries(quick)) {
    test(name, async () => {
      const rows: Row[] = await attack('quick')
      assert.ok(rows.some(({ goal }) => goal !== null))
      assert.deepEqual(rows.filter(({ pass, value }) => !pass || Number.isNaN(value)), [])
    })
  }
})
