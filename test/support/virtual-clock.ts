import type { Clock } from '../../src/chain/clock.ts'

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /** Timers that are set. */
  readonly pending: number
  /** Time stands still until `promise` settles: for work of real threads, such as signature checks. */
  track<T> (promise: Promise<T>): Promise<T>
  /** Lets promises and immediates run, then moves on `ms`, firing the timers on the way in order of time. */
  advance (ms: number): Promise<void>
  /** Moves on, timer by timer, until `promise` settles; throws when it does not within `limitMs` of virtual time. */
  until<T> (promise: Promise<T>, limitMs?: number): Promise<T>
}

/** Turns of the event loop that count as "nothing left to do": more than any chain of hops in the code under test. */
const QUIET_TURNS = 6

export function createVirtualClock (start = 1_800_000_000_000): VirtualClock {
  let now = start
  let ids = 0
  const timers = new Map<number, { at: number, run: () => void }>()

  let tracked = 0
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet = tracked > 0 ? 0 : quiet + 1) await new Promise(resolve => { setImmediate(resolve) })
  }
  const next = (): [number, { at: number, run: () => void }] | undefined =>
    [...timers].reduce<[number, { at: number, run: () => void }] | undefined>((best, entry) => best === undefined || entry[1].at < best[1].at ? entry : best, undefined)
  const fireUpTo = async (end: number): Promise<void> => {
    await settle()
    for (let timer = next(); timer !== undefined && timer[1].at <= end; timer = next()) {
      timers.delete(timer[0])
      now = Math.max(now, timer[1].at)
      timer[1].run()
      await settle()
    }
  }
  return {
    now: () => now,
    after (ms, run) {
      const id = ids++
      timers.set(id, { at: now + ms, run })
      return () => { timers.delete(id) }
    },
    get pending () { return timers.size },
    track (promise) {
      tracked++
      const release = (): void => { tracked-- }
      promise.then(release, release)
      return promise
    },
    async advance (ms) {
      const end = now + ms
      await fireUpTo(end)
      now = end
    },
    async until (promise, limitMs = 600_000) {
      const end = now + limitMs
      const state = { settled: false }
      const mark = (): void => { state.settled = true }
      promise.then(mark, mark)
      await settle()
      while (!state.settled) {
        const timer = next()
        if (timer === undefined || timer[1].at > end) throw new Error(`still pending after ${limitMs} virtual ms`)
        await fireUpTo(timer[1].at)
      }
      return promise
    }
  }
}
