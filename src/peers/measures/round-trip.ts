/** Round trips of one peer, ms. */
export interface RoundTrip {
  readonly smoothedMs: number
  readonly minMs: number
  readonly lastMs: number
}

/** Weight of a new sample, as in TCP (RFC 6298 §2): one slow answer in eight does not make a far peer. */
const GAIN = 1 / 8

/** The estimate with one more sample; the first sample is the estimate. */
export function addSample (estimate: RoundTrip | undefined, sampleMs: number): RoundTrip {
  if (estimate === undefined) return { smoothedMs: sampleMs, minMs: sampleMs, lastMs: sampleMs }
  const { smoothedMs, minMs } = estimate
  return { smoothedMs: smoothedMs + GAIN * (sampleMs - smoothedMs), minMs: Math.min(minMs, sampleMs), lastMs: sampleMs }
}
