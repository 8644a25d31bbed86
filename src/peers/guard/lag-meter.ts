/** How often the event loop is looked at, ms. */
export const BEAT_MS = 500
/** Beats whose lateness counts: what piled up during a stall is still being worked off after it. */
const REMEMBERED = 4

/** How late this process runs. Fed by a timer of `BEAT_MS`. */
export interface LagMeter {
  /** A beat has come. */
  beat (nowMs: number): void
  /** The worst lateness of the last 2 s, the beat that is due included, ms. */
  lag (nowMs: number): number
}

/** Pure; the clock is monotonic. `beat` and `lag` may be asked in any order: work that is done before a late beat is late too. */
export function createLagMeter (startMs: number): LagMeter {
  let due = startMs + BEAT_MS
  let late: number[] = []
  return {
    beat (now) {
      late = [...late, Math.max(0, now - due)].slice(-REMEMBERED)
      due = now + BEAT_MS
    },
    lag: now => Math.max(0, now - due, ...late)
  }
}
