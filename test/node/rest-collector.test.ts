import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRestPolicy, startRestCollector } from '../../src/node/rest-collector.ts'
import { engineCollector } from '../../src/node/transport/bulk-collector.ts'

const MIB = 2 ** 20
const BEAT = 5000

/** Looks every 5 s at `[busy, MiB of heap]`; returns at which of them the policy collects, each collection taking `pauseMs`. */
function collections (looks: ReadonlyArray<readonly [number, number]>, pauseMs = 100): number[] {
  const policy = createRestPolicy()
  return looks.flatMap(([busy, heap], at) => {
    if (!policy.look({ now: at * BEAT, busy, heapBytes: heap * MIB })) return []
    policy.collected(at * BEAT, pauseMs)
    return [at]
  })
}

test('after a burst the heap is collected once, as soon as the node is at rest', () => {
  assert.deepEqual(collections([[0, 40], [0.8, 120], [0.9, 190], [0.01, 190], [0.01, 185], [0.01, 60], [0, 61]]), [3])
})

test('a busy node, and one whose heap has not grown, is left alone', () => {
  assert.deepEqual(collections([[0, 40], [0.1, 190], [0.5, 190], [0.2, 190]]), [])
  assert.deepEqual(collections([[0, 40], [0, 50], [0.9, 55], [0, 55.9]]), [])
  assert.deepEqual(collections([[0, 40], [0, 56]]), [1])
})

test('collections take no more than a hundredth of the time, however large the heap', () => {
  const sawtooth = Array.from({ length: 100 }, (_, at) => [0, at % 2 === 0 ? 40 : 80] as const)
  for (const pauseMs of [10, 100, 1000]) {
    const { length } = collections(sawtooth, pauseMs)
    assert.ok(length > 0 && (length - 1) * pauseMs <= 0.01 * 100 * BEAT, `${length} collections of ${pauseMs} ms`)
  }
})

test('it looks every 5 s until it is stopped', t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let heapBytes = 40 * MIB
  let collected = 0
  const stop = startRestCollector({ sample: () => ({ now: 0, busy: 0, heapBytes }), collect: () => { collected++ } })
  t.mock.timers.tick(BEAT)
  heapBytes *= 2
  t.mock.timers.tick(BEAT - 1)
  assert.equal(collected, 0)
  t.mock.timers.tick(1)
  assert.equal(collected, 1)
  const again = startRestCollector({ sample: () => { throw new Error('looked after the stop') }, collect: () => {} })
  stop()
  again()
  t.mock.timers.tick(10 * BEAT)
})

test('the engine is really asked: what nobody holds is gone', async () => {
  const dead = new WeakRef({ text: 'x'.repeat(1000) })
  await new Promise(resolve => { setImmediate(resolve) })
  engineCollector()({ type: 'major' })
  assert.equal(dead.deref(), undefined)
})
