/** A clock that stands still until it is moved, with the timers that run on it. */
export interface ManualTime {
  readonly now: () => number
  readonly every: (ms: number, run: () => void) => () => void
  /** Moves on in steps as short as the shortest timer, each run when it is due. */
  pass (ms: number): void
  /** Moves on while nothing runs: the event loop stands still. */
  stall (ms: number): void
  readonly timers: number
}

export function manualTime (start = 1_800_000_000_000): ManualTime {
  let now = start
  const timers = new Set<{ readonly ms: number, readonly run: () => void, due: number }>()
  return {
    now: () => now,
    every (ms, run) {
      const timer = { ms, run, due: now + ms }
      timers.add(timer)
      return () => { timers.delete(timer) }
    },
    pass (ms) {
      const end = now + ms
      for (;;) {
        const next = [...timers].sort((a, b) => a.due - b.due)[0]
        if (next === undefined || next.due > end) break
        now = Math.max(now, next.due)
        next.due = now + next.ms
        next.run()
      }
      now = end
    },
    stall (ms) { now += ms },
    get timers () { return timers.size }
  }
}
