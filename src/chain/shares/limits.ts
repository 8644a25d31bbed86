import type { Rate } from '../../protocol/index.ts'

/** Bounds of a share pool; all of them hold at once. */
export interface ShareLimits {
  /** Shares one miner may have accepted; what comes above it is not passed on. Default 60 a minute, half of them at once. */
  readonly perMiner?: Rate
  /** Shares one peer may bring. Default 1,200 a minute. */
  readonly perPeer?: Rate
  /** Shares kept to be listed, the newest (default 1,024; at most 2.4 MB). */
  readonly held?: number
  /** Shares remembered by name, so that a repetition costs nothing (default 16,384). */
  readonly seen?: number
  /** Miners and peers with a budget and figures of their own (default 1,024 each); beyond it the longest unused starts afresh. */
  readonly parties?: number
  /** Shares under examination at a time (default 64): a work check may take long. */
  readonly pending?: number
  /** How old a share may be, and how far ahead of our clock, ms (defaults 600,000 and 120,000). */
  readonly maxAgeMs?: number
  readonly maxAheadMs?: number
}

export const SHARE_DEFAULTS: Required<ShareLimits> = {
  perMiner: { count: 60, perMs: 60_000 },
  perPeer: { count: 1200, perMs: 60_000 },
  held: 1024,
  seen: 16_384,
  parties: 1024,
  pending: 64,
  maxAgeMs: 600_000,
  maxAheadMs: 120_000
}
