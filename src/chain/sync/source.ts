import { createAnswerTimes } from './answer-times.ts'
import type { AnswerTimes } from './answer-times.ts'

/** A peer as the schedule knows it. Items are places in the order of download. */
export interface Source {
  readonly peer: string
  readonly times: AnswerTimes
  /** Ids of its requests under way. */
  readonly open: Set<number>
  /** Requests it may have under way: grows with each answer, halves when others are quicker. */
  window: number
  /** Bytes a request to it should bring, from its measured rate. */
  batchBytes: number
  /** Requests in a row that others answered first. */
  beaten: number
  /** Not asked before this time. */
  pausedUntil: number
  pauses: number
  lacks (item: number): boolean
  /** It said that it does not hold `items`; `all`: nothing else was asked. */
  missed (items: readonly number[], all: boolean): void
  answered (bytes: number, ms: number, most: number): void
}

/** A first request is small: it measures. */
const LEAST_BATCH_BYTES = 64 * 1024
/** How long one request should take, so that a time-out can be short and another peer's help cheap, milliseconds. */
const TARGET_MS = 500
/** Whole requests missed in a row after which all that follows is taken to be missing too: the peer is behind. */
const MISSES = 3

export function createSource (peer: string): Source {
  const lacking = new Set<number>()
  let lacksFrom = Number.POSITIVE_INFINITY
  let misses = 0
  let rate = 0
  const times = createAnswerTimes()
  const source: Source = {
    peer, times, open: new Set(), window: 1, batchBytes: LEAST_BATCH_BYTES, beaten: 0, pausedUntil: 0, pauses: 0,
    lacks: item => item >= lacksFrom || lacking.has(item),
    missed (items, all) {
      for (const item of items) lacking.add(item)
      misses = all ? misses + 1 : 0
      if (misses >= MISSES) lacksFrom = Math.min(lacksFrom, ...items)
    },
    answered (bytes, ms, most) {
      times.record(ms)
      const now = bytes / Math.max(1, ms)
      rate = rate === 0 ? now : 0.7 * rate + 0.3 * now
      source.batchBytes = Math.min(most, Math.max(LEAST_BATCH_BYTES, rate * TARGET_MS))
      source.beaten = 0
      source.pauses = 0
    }
  }
  return source
}
