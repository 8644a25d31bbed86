/** How a light client behaves; times in milliseconds. */
export interface LightOptions {
  /** Peers that must serve light clients before a proof is asked for (default 2): one alone could withhold. */
  readonly minPeers?: number
  /** Pause between two looks at the peers when nothing calls for one (default 10 s). */
  readonly intervalMs?: number
  /** Least pause between two looks (default 250), and the pause when nobody could be asked (default 1 s). */
  readonly gapMs?: number
  readonly retryMs?: number
  /** Longest wait for one answer (default 10 s); the next peer is asked beside it after `hedgeMs` (default 2 s). */
  readonly requestTimeoutMs?: number
  readonly hedgeMs?: number
  /** How long a peer may stay behind what others proved (default 30 s). */
  readonly graceMs?: number
  /** Rest of a peer that failed (default 30 s) or lied (default 10 min). */
  readonly coolDownMs?: number
  readonly lieMs?: number
  /** Peers looked at in one round (default 4), and known at once (default 256). */
  readonly fanOut?: number
  readonly maxPeers?: number
}

export const LIGHT_DEFAULTS: Required<LightOptions> = {
  minPeers: 2, intervalMs: 10_000, gapMs: 250, retryMs: 1000, requestTimeoutMs: 10_000, hedgeMs: 2000, graceMs: 30_000, coolDownMs: 30_000, lieMs: 600_000, fanOut: 4, maxPeers: 256
}
