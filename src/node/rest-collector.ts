import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { engineCollector } from './transport/bulk-collector.ts'

/** How often the process is looked at, ms. */
const BEAT_MS = 5000
/** Below this share of busy time it is at rest: a node with a hundred peers and nothing to do needs 0.03. */
const REST_SHARE = 0.1
/** Growth of the heap that is worth a collection, bytes. */
const WORTH_BYTES = 16 * 2 ** 20
/** A collection may take 1 % of the time: after one of 100 ms the next is 10 s away at least. */
const TIMES_PAUSE = 100

/** How far the heap may grow beyond what is alive before the engine marks again, per cent. */
const GROWING_PERCENT = 25

/** What one look at the process finds. */
export interface RestSample {
  /** Monotonic ms. */
  readonly now: number
  /** Share of the time since the last look that the event loop was busy, 0..1. */
  readonly busy: number
  /** Bytes the heap takes from the system. */
  readonly heapBytes: number
}

/** When to collect. Pure. */
export interface RestPolicy {
  /** True: collect now, and tell how long it took. */
  look (sample: RestSample): boolean
  collected (now: number, pauseMs: number): void
}

/** Collects when the node is at rest and its heap stands above the least it was since the last collection. */
export function createRestPolicy (): RestPolicy {
  let floor = Infinity
  let notBefore = -Infinity
  return {
    look ({ now, busy, heapBytes }) {
      floor = Math.min(floor, heapBytes)
      return busy < REST_SHARE && heapBytes - floor >= WORTH_BYTES && now >= notBefore
    },
    collected (now, pauseMs) {
      // the engine gives pages back some seconds later: the looks until then find the new floor
      floor = Infinity
      notBefore = now + TIMES_PAUSE * pauseMs
    }
  }
}

/** What `startRestCollector` acts on; tests pass their own. */
export interface RestParts {
  readonly sample: () => RestSample
  readonly collect: () => void
}

/**
 * Gives memory back after a burst. V8 frees dead objects only while new ones are made, so a node that was flooded and then left alone kept
 * a third more than before for good; one collection at rest sets its own memory reducer going. Returns what stops it.
 */
export function startRestCollector ({ sample, collect }: RestParts = { sample: createSampler(), collect: () => { engineCollector()({ type: 'major' }) } }): () => void {
  const policy = createRestPolicy()
  const timer = setInterval(() => {
    if (!policy.look(sample())) return
    const start = performance.now()
    collect()
    policy.collected(performance.now(), performance.now() - start)
  }, BEAT_MS)
  timer.unref()
  return () => { clearInterval(timer) }
}

function createSampler (): () => RestSample {
  let last = performance.eventLoopUtilization()
  return () => {
    const seen = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(seen, last)
    last = seen
    return { now: performance.now(), busy: utilization, heapBytes: process.memoryUsage().heapTotal }
  }
}

/**
 * Keeps the old generation near what is alive. Connections that stay silent live long enough to get there, and with the engine's own rule
 * a minute of 250 a second grew the process by 176 MiB; with this by 110, while 45,000 requests cost the same processor time.
 */
export function limitHeapGrowth (): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`)
}
