/** Something to time. It returns what it computed, so that the work cannot be optimised away. */
export interface Candidate {
  readonly name: string
  /** Does the work once; `turn` counts up, to choose among inputs. */
  readonly once: (turn: number) => unknown
}

/** How long and how often to measure. */
export interface Effort {
  /** An odd number ≥7. */
  readonly rounds: number
  /** Processor time of one batch of one candidate, milliseconds. */
  readonly batchMs: number
}

/** The effort of an ordinary and of a long run. */
export const EFFORT = { short: { rounds: 9, batchMs: 20 }, long: { rounds: 25, batchMs: 80 } } as const

/** What keeps results alive; read by nobody. */
const sink: unknown[] = [undefined]

/**
 * Times synchronous work in interleaved rounds: one batch of each, then the next round, so that a slow moment of the machine
 * falls on all alike. Returns nanoseconds per call, the median of the rounds, in the candidates' order.
 */
export function measureAll (candidates: readonly Candidate[], { rounds, batchMs }: Effort): number[] {
  // Everything is warm before anything is measured: shared code has then seen all the inputs it will see.
  const batches = candidates.map(candidate => calibrate(candidate, batchMs))
  const times: number[][] = candidates.map(() => [])
  for (let round = 0; round < rounds; round++) {
    candidates.forEach((candidate, i) => {
      const count = batches[i] as number
      times[i]?.push(timeBatch(candidate, count) / count)
    })
  }
  return times.map(median)
}

/** Warms a candidate up and returns how many calls fill a batch. */
function calibrate (candidate: Candidate, batchMs: number): number {
  let count = 1
  for (;;) {
    // the second of two: the first may have compiled, or waited for the collector, and the system counts in steps of milliseconds
    const ns = timeBatch(candidate, count) > batchMs * 2e6 ? timeBatch(candidate, count) : 0
    if (ns > batchMs * 1e6) return Math.max(1, Math.round(count * batchMs * 1e6 / ns))
    count *= 2
  }
}

/** Nanoseconds of this thread's processor time: what other processes take from the machine in the meantime is not counted. */
function timeBatch ({ once }: Candidate, count: number): number {
  const start = process.threadCpuUsage()
  for (let turn = 0; turn < count; turn++) sink[0] = once(turn)
  const { user, system } = process.threadCpuUsage(start)
  return (user + system) * 1000
}

/** The middle value. */
export function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] as number
}

/** Median of the rounds' own ratios: a slow moment of the machine falls on both sides of one round, not on one side of all. */
export function pairedRatio (ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] as number)))
}

/** The n-th root of the product. */
export function geometricMean (values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}
