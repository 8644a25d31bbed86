import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unpackBatch } from '../../src/secure/signer/verify-batch.ts'
import type { QueuedInput } from '../../src/secure/signer/verify-batch.ts'
import { createVerifyPool } from '../../src/secure/signer/verify-pool.ts'
import type { VerifyPool } from '../../src/secure/signer/verify-pool.ts'

/** A worker that answers when the test says so. A signature is good when its one byte is odd. */
interface FakeWorker {
  readonly sizes: number[]
  readonly names: number[]
  held: boolean
  ended: boolean
  answer (): void
  die (): void
}

interface Setup { readonly workers?: number, readonly maxQueued?: number, readonly maxQueuedBytes?: number, readonly onStart?: (worker: FakeWorker) => void }

function setUp ({ workers = 2, maxQueued = 100, maxQueuedBytes = 1e6, onStart }: Setup = {}): { pool: VerifyPool, fakes: FakeWorker[] } {
  const fakes: FakeWorker[] = []
  const pool = createVerifyPool({
    workers,
    maxQueued,
    maxQueuedBytes,
    start: ({ answer, failed }) => {
      const inbox: number[][] = []
      const fake: FakeWorker = {
        sizes: [],
        names: [],
        held: false,
        ended: false,
        answer () { answer((inbox.shift() as number[]).reduce((verdicts, name, i) => verdicts | (name & 1) << i, 0)) },
        die () { failed(new Error('gone')) }
      }
      fakes.push(fake)
      onStart?.(fake)
      return {
        post (batch) {
          const names = [...unpackBatch(batch)].map(input => input.signature[0] as number)
          inbox.push(names)
          fake.sizes.push(names.length)
          fake.names.push(...names)
        },
        hold (on) { fake.held = on },
        async end () { fake.ended = true }
      }
    }
  })
  return { pool, fakes }
}

const input = (name: number, bodyBytes = 1): QueuedInput => ({ publicKey: new Uint8Array(32), signature: Uint8Array.of(name), domain: new Uint8Array(3), body: new Uint8Array(bodyBytes) })
const inputs = (count: number, from = 0): QueuedInput[] => Array.from({ length: count }, (_, i) => input(from + i))
const tick = async (): Promise<void> => { await Promise.resolve() }

test('verdicts stand in the order of the call, whichever worker is faster', async () => {
  const { pool, fakes } = setUp()
  const call = pool.verify(inputs(40))
  await tick()
  // two messages each, the second worker first
  for (let i = 0; i < 4; i++) for (const fake of fakes.toReversed()) if (fake.sizes.length > i) fake.answer()
  assert.deepEqual(await call, Array.from({ length: 40 }, (_, i) => i % 2 === 1))
  assert.deepEqual(pool.dump(), { queued: 0, queuedBytes: 0, workers: 2 })
  assert.deepEqual(fakes.flatMap(fake => fake.names).sort((a, b) => a - b), Array.from({ length: 40 }, (_, i) => i), 'each signature went out once')
})

test('calls of one tick share messages; a short queue is shared among the workers; at most 16 to a message, 2 messages to a worker', async () => {
  const { pool, fakes } = setUp({ maxQueued: 200 })
  const calls = Array.from({ length: 6 }, async (_, i) => await pool.verify([input(i)]))
  await tick()
  assert.deepEqual(fakes.map(fake => fake.sizes[0]), [3, 2])
  assert.equal(pool.dump().queued, 6)
  const large = pool.verify(inputs(150))
  await tick()
  assert.ok(fakes.every(fake => fake.sizes.length === 2), 'a third message waits here, not there')
  while (pool.dump().queued > 0) for (const fake of fakes) if (fake.held) fake.answer()
  await Promise.all([...calls, large])
  assert.equal(Math.max(...fakes.flatMap(fake => fake.sizes)), 16)
})

test('large bodies travel alone', async () => {
  const { pool, fakes } = setUp({ workers: 1, maxQueuedBytes: 1e7 })
  const call = pool.verify([input(1, 200_000), input(3, 200_000), input(5, 1_000_000)])
  await tick()
  for (let i = 0; i < 3; i++) fakes[0]?.answer()
  assert.deepEqual(fakes[0]?.sizes, [1, 1, 1])
  assert.deepEqual(await call, [true, true, true])
})

test('one worker starts when there is work, another when the first is busy, none beyond the number given', async () => {
  const { pool, fakes } = setUp({ workers: 3 })
  assert.equal(fakes.length, 0)
  for (let i = 1; i <= 5; i++) {
    void pool.verify([input(i)])
    await tick()
    assert.equal(fakes.length, Math.min(i, 3))
  }
})

test('a worker holds the process only while it owes an answer', async () => {
  const { pool, fakes } = setUp({ workers: 1 })
  const call = pool.verify([input(1)])
  await tick()
  assert.equal(fakes[0]?.held, true)
  fakes[0]?.answer()
  await call
  assert.equal(fakes[0]?.held, false)
})

test('a full queue is BUSY for the call that does not fit, whole or not at all, and takes calls again later', async () => {
  const { pool, fakes } = setUp({ workers: 1, maxQueued: 10 })
  const first = pool.verify(inputs(8))
  await assert.rejects(pool.verify(inputs(3)), { code: 'BUSY' })
  const second = pool.verify(inputs(2, 1))
  await assert.rejects(pool.verify(inputs(1)), { code: 'BUSY' })
  await assert.rejects(pool.verify(inputs(11)), { code: 'INVALID_VALUE' }, 'it would never fit')
  while (pool.dump().queued > 0) fakes[0]?.answer()
  assert.equal((await first).length, 8)
  assert.deepEqual(await second, [true, false])
  const third = pool.verify(inputs(10))
  await tick()
  while (pool.dump().queued > 0) fakes[0]?.answer()
  assert.equal((await third).length, 10)
})

test('bytes are bounded as well as signatures', async () => {
  const { pool } = setUp({ maxQueuedBytes: 10_000 })
  void pool.verify([input(1, 6000)])
  await assert.rejects(pool.verify([input(1, 6000)]), { code: 'BUSY' })
  await assert.rejects(pool.verify([input(1, 20_000)]), { code: 'INVALID_VALUE' })
})

test('stop while busy rejects what waits and what is in work with NODE_STOPPED, and ends every worker', async () => {
  const { pool, fakes } = setUp()
  const calls = [pool.verify(inputs(70)), pool.verify(inputs(5))]
  await tick()
  const settled = Promise.allSettled(calls)
  await pool.stop()
  for (const result of await settled) assert.equal((result as { reason: { code: string } }).reason.code, 'NODE_STOPPED')
  assert.deepEqual(fakes.map(fake => fake.ended), [true, true])
  await assert.rejects(pool.verify(inputs(1)), { code: 'NODE_STOPPED' })
  // what a worker still sends, or its end, is nobody's any more
  fakes[0]?.answer()
  fakes[0]?.die()
  assert.deepEqual(pool.dump(), { queued: 0, queuedBytes: 0, workers: 0 })
  await pool.stop()
})

test('a dead worker costs its own calls an INTERNAL with the cause; the others are served by the next worker', async () => {
  const { pool, fakes } = setUp({ workers: 1 })
  const lost = pool.verify(inputs(16))
  await tick()
  const next = pool.verify([input(1)])
  await tick()
  const late = pool.verify(inputs(3))
  const rejected = [assert.rejects(lost, { code: 'INTERNAL', message: 'a verify worker died' }), assert.rejects(next, { code: 'INTERNAL' })]
  fakes[0]?.die()
  fakes[0]?.die()
  await Promise.all(rejected)
  assert.equal(fakes.length, 2)
  fakes[1]?.answer()
  assert.deepEqual(await late, [false, true, false])
})

test('workers that only die are started three times, then the queue is told', async () => {
  let starts = 0
  const { pool } = setUp({ workers: 1, onStart: () => { starts++; throw new Error('no threads left') } })
  await assert.rejects(pool.verify(inputs(20)), { code: 'INTERNAL' })
  assert.equal(starts, 3)
  assert.deepEqual(pool.dump(), { queued: 0, queuedBytes: 0, workers: 0 })
})

test('an empty batch is answered at once', async () => {
  assert.deepEqual(await setUp().pool.verify([]), [])
})
