/** Scores decay once per tick, ms. Ticks are counted from the epoch, so that it does not matter when a score is looked at. */
export const TICK_MS = 60_000

/** 1/87 per minute halves in 60 minutes: ln 2 × 87 ≈ 60.3. */
const PER_TICK = 87

export function tickOf (now: number): number {
  return Math.floor(now / TICK_MS)
}

/**
 * What is left of a distance from the start after some ticks: about half after an hour. Each tick takes 1/87, rounded, and at least
 * 1, so that every distance (≤500) is gone within five hours and a forgiven peer needs no entry.
 * @param gap thousandths, may be negative
 */
export function decayed (gap: number, ticks: number): number {
  let left = Math.abs(gap)
  for (let i = 0; i < ticks && left > 0; i++) left -= Math.max(1, Math.floor((2 * left + PER_TICK) / (2 * PER_TICK)))
  return gap < 0 ? 0 - left : left
}
