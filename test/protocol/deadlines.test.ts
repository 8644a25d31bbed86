import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Deadlines } from '../../src/protocol/deadlines.ts'

test('each deadline expires once and in its time, whatever was set or deleted before it', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  let now = 0
  const clock = mock.method(performance, 'now', () => now)
  const pass = (ms: number): void => { for (let i = 0; i < ms; i++) { now++; mock.timers.tick(1) } }
  try {
    const deadlines = new Deadlines()
    const expired = new Array<string>()
    const early = deadlines.add(50, () => { expired.push('early') })
    deadlines.add(100, () => { expired.push('late') })
    deadlines.add(20, () => { expired.push('first') })
    pass(19)
    assert.equal(expired.length, 0)
    pass(2)
    assert.deepEqual(expired, ['first'])
    deadlines.delete(early)
    deadlines.add(10, () => { expired.push('short') })
    pass(60)
    assert.deepEqual(expired, ['first', 'short'])
    pass(30)
    assert.deepEqual(expired, ['first', 'short', 'late'])
    deadlines.add(10, () => { expired.push('never') })
    deadlines.stop()
    pass(50)
    assert.deepEqual(expired, ['first', 'short', 'late'])
  } finally {
    clock.mock.restore()
    mock.timers.reset()
  }
})
