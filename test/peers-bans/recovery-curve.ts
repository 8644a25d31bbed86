import { createBanList, createJudge } from '../../src/peers/bans/index.ts'
import { createReputationBook } from '../../src/peers/reputation/index.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** One point of the curve; times in minutes since the beginning of the simulation. */
export interface Point {
  readonly minute: number
  readonly score: number
  readonly what: string
  /** Length of a ban that begins here, minutes. */
  readonly banMinutes?: number
}

/**
 * A peer that sends invalid messages every 10 s until it is banned, comes back when the ban ends, delivers a valid block a minute
 * until it stands at 500 again, and begins anew. Virtual clock, no timer.
 */
export function recoveryCurve (offences: number): Point[] {
  const start = 29_000_000 * MINUTE
  const crowd = new Map([...Array.from({ length: 30 }, (_, i) => `honest${i}`), 'peer'].map(id => [id, 0]))
  const book = createReputationBook({ connected: () => crowd })
  const bans = createBanList({ store: { load: () => undefined, save: () => {} }, now: start, onError: error => { throw error } })
  const judge = createJudge(book, bans, start)
  const curve: Point[] = []
  let now = start
  const point = (what: string, more: Partial<Point> = {}): void => { curve.push({ minute: (now - start) / MINUTE, score: book.score('peer', now), what, ...more }) }
  point('start')
  for (let i = 0; i < offences; i++) {
    while (bans.isBanned('peer', undefined, now) === undefined) {
      const { banned } = judge.record('peer', 'invalid_message', now)
      point('invalid_message', banned === undefined ? {} : { banMinutes: ((banned.until as number) - now) / MINUTE })
      if (banned === undefined) now += 10 * SECOND
    }
    now = bans.isBanned('peer', undefined, now)?.until as number
    point('ban ended')
    while (book.score('peer', now) < 500) {
      now += MINUTE
      judge.record('peer', 'valid_block', now)
      point('valid_block')
    }
  }
  return curve
}

if (import.meta.main) for (const { banMinutes, minute, score, what } of recoveryCurve(9)) console.log(`${minute.toFixed(1).padStart(8)} min  ${String(score).padStart(4)}  ${what}${banMinutes === undefined ? '' : `, banned for ${banMinutes} min`}`)
