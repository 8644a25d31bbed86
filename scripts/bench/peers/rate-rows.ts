import { randomBytes } from 'node:crypto'
import { createBudgets, createKeyHash, createRateTable } from '../../../src/peers/net/index.ts'
import type { HashKey } from '../../../src/peers/net/index.ts'
import { floorRow, limitRow, plainRow } from '../harness.ts'
import type { Row } from '../harness.ts'
import { measureAll } from '../measure.ts'
import type { Candidate, Effort } from '../measure.ts'
import { DequeLimiter } from './deque-limiter.ts'

const KEYS = 1_000_000
/** The queues get a tenth of the keys: they take some 300 bytes each, and fewer keys only make them faster. */
const DEQUE_KEYS = 100_000
/** Decisions per call of a candidate, so that the call itself does not count. */
const BATCH = 1000
const RATE = { count: 100, perMs: 60_000 }
const SIZE = 300
const START = 1_800_000_000_000
const GOAL = { hot: 20e6, random: 5e6, bytes: 64 } as const

/**
 * Decisions per second of the rate table and of the specification's queues. The clocks move so that a flooding peer sends a hundred times
 * what it may, and each of the many just what it may.
 */
export function rateRows (effort: Effort): Row[] {
  const hash = createKeyHash(randomBytes(8))
  const names = Array.from({ length: KEYS }, (_, i) => `12D3KooW${i.toString(36).padStart(44, 'x')}`)
  const table = createRateTable({ rate: RATE, hash, capacity: KEYS })
  const keys = new Int32Array(KEYS * 2)
  for (const [i, name] of names.entries()) {
    const key = hash(name)
    keys.set([key.hi, key.lo], i * 2)
    table.take(key, START)
  }
  const hotKey = hash(names[7] as string)
  const steadyKey = hash(names[8] as string)
  const budgets = createBudgets({ hash })
  const { limiter, heapPerKey } = fillDeques(names)

  const [hot, steady, random, text, both, dequeHot, dequeSteady, dequeRandom] = measureAll([
    batch('hot', (i, now) => table.take(hotKey, now + i * 6)),
    batch('steady', (i, now) => table.take(steadyKey, now + i * 700)),
    batch('random', (i, now) => table.take(keyAt(keys, i % KEYS), now + i * 6e-4)),
    batch('text', (i, now) => table.take(names[i % KEYS] as string, now + i * 6e-4)),
    batch('both', (i, now) => budgets.charge(hotKey, now + i * 6, SIZE) === undefined),
    batch('deque hot', (i, now) => limiter.accept(names[7] as string, now + i * 6, SIZE)),
    batch('deque steady', (i, now) => limiter.accept('steady', now + i * 700, SIZE)),
    batch('deque random', (i, now) => limiter.accept(names[i % DEQUE_KEYS] as string, now + i * 6e-3, SIZE))
  ], effort).map(ns => 1e9 * BATCH / ns) as [number, number, number, number, number, number, number, number]
  const deques = 'the specification\'s queues'
  const bytes = table.byteLength / KEYS
  return [
    { ...floorRow('rate limiter, one flooding peer', hot, 'decisions/s', GOAL.hot), peer: deques, ratio: hot / dequeHot },
    plainRow('  one peer within its rate', steady, 'decisions/s', { peer: deques, ratio: steady / dequeSteady }),
    { ...floorRow('rate limiter, 10^6 peers', random, 'decisions/s', GOAL.random), peer: `${deques}, 10^5 peers`, ratio: random / dequeRandom },
    { ...limitRow('rate limiter, memory', bytes, 'B/peer', GOAL.bytes), peer: `${deques}, one message each`, ratio: heapPerKey / bytes },
    plainRow('  10^6 peers, hashing their names too', text, 'decisions/s', { peer: `${deques}, 10^5 peers`, ratio: text / dequeRandom }),
    plainRow('  messages and bytes, one flooding peer', both, 'decisions/s', { peer: deques, ratio: both / dequeHot }),
    plainRow('  the queues, one flooding peer', dequeHot, 'decisions/s'),
    plainRow('  the queues, one peer within its rate', dequeSteady, 'decisions/s'),
    plainRow('  the queues, 10^5 peers', dequeRandom, 'decisions/s'),
    plainRow('  the queues, memory', heapPerKey, 'B/peer')
  ]
}

/** Keys lie side by side, so that what is timed is the table's memory and not that of a million objects. */
function keyAt (keys: Int32Array, i: number): HashKey {
  return { hi: keys[i * 2] as number, lo: keys[i * 2 + 1] as number }
}

/** `decide` gets a count that goes on from call to call. */
function batch (name: string, decide: (i: number, now: number) => boolean): Candidate {
  let i = 0
  return {
    name,
    once () {
      let passed = 0
      for (const end = i + BATCH; i < end; i++) if (decide(i, START)) passed++
      return passed
    }
  }
}

function fillDeques (names: readonly string[]): { limiter: DequeLimiter, heapPerKey: number } {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const limiter = new DequeLimiter()
  for (const name of names.slice(0, DEQUE_KEYS)) limiter.accept(name, START, SIZE)
  globalThis.gc?.()
  return { limiter, heapPerKey: (process.memoryUsage().heapUsed - before) / DEQUE_KEYS }
}
