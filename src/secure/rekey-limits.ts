/** When a session gets fresh keys (WIRE.md §6 "rekey"). */
export interface RekeyLimits {
  /** Frames of both directions together. */
  readonly frames: number
  /** Padded payload bytes of both directions together. */
  readonly bytes: number
  /** Age of the keys, ms. */
  readonly ageMs: number
  /** How long streams may go on under the old keys before both are ended, ms. */
  readonly drainMs: number
}

export const REKEY_LIMITS: RekeyLimits = { frames: 2 ** 20, bytes: 2 ** 30, ageMs: 3_600_000, drainMs: 60_000 }

/** How far beyond the limits a listener lets a dialler go that does not rekey. */
export const OVERDUE_FACTOR = 2
/** Epochs are one byte; after this one the peers connect anew. */
export const LAST_EPOCH = 255

/** True when `frames` or `bytes` have reached `factor` times the limit. */
export function isSpent ({ frames, bytes }: { readonly frames: number, readonly bytes: number }, limits: RekeyLimits, factor = 1): boolean {
  return frames >= limits.frames * factor || bytes >= limits.bytes * factor
}
