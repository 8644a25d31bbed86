import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNodeEvents } from '../../src/monitor/index.ts'

test('a slow reader loses the oldest events and learns how many', async () => {
  const hub = createNodeEvents(() => 1)
  const reader = hub.stream()[Symbol.asyncIterator]()
  const first = reader.next()
  for (let height = 0; height < 1030; height++) hub.emit({ event: 'tip', hash: 'aa', height, reorganised: 0 })
  assert.deepEqual((await first).value, { event: 'tip', hash: 'aa', height: 6, reorganised: 0, at: 1, missed: 6 })
  assert.deepEqual((await reader.next()).value, { event: 'tip', hash: 'aa', height: 7, reorganised: 0, at: 1 })
  hub.close()
  assert.equal((await reader.next()).done, true)
})

test('an unsubscribed listener hears nothing more', () => {
  const hub = createNodeEvents(() => 1)
  let heard = 0
  const leave = hub.subscribe(() => heard++)
  hub.emit({ event: 'transaction', id: 'a', origin: 'local' })
  leave()
  hub.emit({ event: 'transaction', id: 'b', origin: 'local' })
  assert.equal(heard, 1)
})
