/** Bounds of the pool. */
export interface MempoolLimits {
  /** Transactions held (default 50,000). */
  readonly maxCount?: number
  /** Bytes of transactions held, 8 more for each (default 64 MiB). */
  readonly maxBytes?: number
  /** Transactions of one sender, and how far a nonce may lie ahead of the chain (default 64). */
  readonly perSender?: number
  /** Transactions that wait for an earlier nonce (default 1,000). */
  readonly maxGaps?: number
  /** Transactions whose signatures are being checked or wait for that (default 4,096), and their bytes (default 16 MiB). */
  readonly maxPending?: number
  readonly maxPendingBytes?: number
  /** How long one may stay, milliseconds (default 3 h). */
  readonly ttlMs?: number
  /** What a replacement must pay above the old fee, percent, and never less than 1 unit (default 10: smaller steps make floods cheap). */
  readonly replaceBumpPercent?: number
}

export const MEMPOOL_DEFAULTS: Required<MempoolLimits> = {
  maxCount: 50_000, maxBytes: 64 * 1024 * 1024, perSender: 64, maxGaps: 1000, maxPending: 4096, maxPendingBytes: 16 * 1024 * 1024,
  ttlMs: 3 * 3_600_000, replaceBumpPercent: 10
}
