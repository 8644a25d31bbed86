import type { Checkpoint } from './checkpoints.ts'

/** How a sync behaves; times in milliseconds. */
export interface SyncOptions {
  /** How often a peer is asked for its tips when nothing else calls for it, milliseconds (default 10 s). */
  readonly intervalMs?: number
  /** Least time between two questions for the tips of one peer, milliseconds (default 250). */
  readonly askGapMs?: number
  /** Longest wait for one answer, milliseconds (default 20 s): at `inFlight` answers of 1 MiB a link of 2 Mbit/s still passes. */
  readonly requestTimeoutMs?: number
  /** First cool-down of a peer that failed, milliseconds; doubles up to `maxCoolDownMs` (defaults 30 s, 10 min). */
  readonly coolDownMs?: number
  readonly maxCoolDownMs?: number
  /** Bytes of bodies in flight (default 8 MiB), in at most `inFlight` requests to one peer (default 4). */
  readonly inFlightBytes?: number
  readonly inFlight?: number
  /** Peers known at once (default 1,024); more are not asked. */
  readonly maxPeers?: number
  /** Blocks of the selected chain that are known beforehand (default none): a chain that leaves one out is refused, and its peer charged. */
  readonly checkpoints?: readonly Checkpoint[]
}

export const SYNC_DEFAULTS: Required<SyncOptions> = {
  intervalMs: 10_000, askGapMs: 250, requestTimeoutMs: 20_000, coolDownMs: 30_000, maxCoolDownMs: 600_000, inFlightBytes: 8 * 1024 * 1024, inFlight: 4, maxPeers: 1024, checkpoints: []
}
