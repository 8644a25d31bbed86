/** Time as the policies see it. Injected, so that tests and the simulator decide when a second has passed. */
export interface Clock {
  /** Unix milliseconds. */
  now (): number
  /** Calls `run` once after `ms` milliseconds; the returned function cancels it and may be called twice. */
  after (ms: number, run: () => void): () => void
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after (ms, run) {
    const timer = setTimeout(run, ms)
    return () => { clearTimeout(timer) }
  }
}
