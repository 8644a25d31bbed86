/** How long a peer takes to answer, learnt from its answers; milliseconds. Smoothed as RFC 6298 does it. */
export interface AnswerTimes {
  /** False until the first answer. */
  readonly known: boolean
  readonly smoothed: number
  record (ms: number): void
  /** When waiting is no longer sensible, between `least` and `most`; `most` before the first answer. */
  timeout (least: number, most: number): number
  /** When an answer is late enough to ask somebody else too; `unknown` before the first answer. */
  late (least: number, unknown: number): number
}

export function createAnswerTimes (): AnswerTimes {
  let smoothed = 0
  let variation = 0
  let known = false
  const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))
  return {
    get known () { return known },
    get smoothed () { return smoothed },
    record (ms) {
      variation = known ? 0.75 * variation + 0.25 * Math.abs(smoothed - ms) : ms / 2
      smoothed = known ? 0.875 * smoothed + 0.125 * ms : ms
      known = true
    },
    // twice RFC 6298: the size of a request grows with the trust in its peer
    timeout: (least, most) => known ? clamp(2 * (smoothed + 4 * variation), least, most) : most,
    late: (least, unknown) => known ? clamp(2 * (smoothed + 2 * variation), least, unknown) : unknown
  }
}
