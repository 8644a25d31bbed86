/** Time as stems see it; injected, so that tests and `npm run privacy` decide when a second has passed. */
export interface StemClock {
  /** Milliseconds of any origin. */
  now (): number
  /** Calls `run` once after `ms`; the returned function cancels it and may be called twice. */
  after (ms: number, run: () => void): () => void
}

/** A draw from [0, 1). */
export type Random = () => number

/** An exponentially distributed time: memoryless, so that having waited tells nothing about how long it still takes. */
export function exponential (meanMs: number, random: Random): number {
  return -meanMs * Math.log(1 - random())
}
