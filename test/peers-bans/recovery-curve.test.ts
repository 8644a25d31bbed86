import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recoveryCurve } from './recovery-curve.ts'
import type { Point } from './recovery-curve.ts'

test('a banned peer can always come back: the full curve, `node test/peers-bans/recovery-curve.ts` prints it', () => {
  const curve = recoveryCurve(9)
  assert.deepEqual(curve.slice(0, 7).map(({ score, what }) => `${what} ${score}`), [
    'start 500', 'invalid_message 300', 'invalid_message 100', 'ban ended 350', 'valid_block 402', 'valid_block 453', 'valid_block 504'
  ])
  const bans = curve.filter(({ banMinutes }) => banMinutes !== undefined)
  assert.deepEqual(bans.map(({ banMinutes }) => banMinutes), [15, 30, 60, 120, 240, 480, 960, 1440, 1440])
  for (const ban of bans) {
    const ended = curve[curve.indexOf(ban) + 1] as Point
    assert.equal(ended.score, 350)
    assert.equal(Math.round((ended.minute - ban.minute) * 60_000), (ban.banMinutes as number) * 60_000)
  }
  assert.ok((curve.at(-1) as Point).score >= 500)
})
