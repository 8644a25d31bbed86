import { LRUCache } from 'lru-cache'
import { GOODBYE_REASON } from '../../../protocols/goodbye/messages.ts'
import { cooldownMs } from '../topology/index.ts'
import type { CooldownCause } from '../topology/index.ts'

/** How dials of one candidate went. Times in ms of the monotonic clock. */
export interface DialRecord {
  /** Failures and farewells in a row. */
  readonly failures: number
  readonly notBefore: number
  /** How long it was left alone for the latest of them. */
  readonly keptMs: number
  /** The path may be to blame: no answer, a broken connection or session, rather than a word that sends us away. */
  readonly dialFailed: boolean
  readonly triedAt?: number | undefined
  /** A dial has proved its key. */
  readonly tried: boolean
}

/** What is remembered of candidates, by key. */
export interface DialRecords {
  get (key: string): DialRecord
  /** A dial begins. */
  tried (key: string, now: number): void
  /** Leave it alone for a while. Returns its failures in a row. */
  cool (key: string, cause: CooldownCause, now: number): number
  /** It answered with the right key. */
  proved (key: string): void
  /** It has been with us for `ms`. When that is longer than it was last left alone (10 to 60 s), what was before counts no more. */
  stayed (key: string, ms: number): void
  /** Leave it alone until `time` at least. */
  wait (key: string, time: number): void
  dump (): Record<string, number>
}

/** More than there are candidates, so that one who comes back as a candidate is still known. */
const MAX_RECORDS = 4096
/** Peers that came by themselves and were never dialled: ids are free, so these only push out each other. */
const MAX_STRANGERS = 1024
/**
 * Nobody has settled in less, ms, and everybody in more. In between a stay is measured against the last wait: among peers that restart
 * once a minute, each loss would else add to the last, until all of them leave each other alone for minutes.
 */
const SETTLED_MS = { least: 10_000, most: 60_000 } as const
const FRESH: DialRecord = { failures: 0, notBefore: 0, keptMs: 0, dialFailed: false, tried: false }
/** What may pass by itself: in an emergency these are tried again sooner (`DialLimits.emergencyRetryMs`). */
const MAY_PASS: ReadonlySet<CooldownCause> = new Set<CooldownCause>(['dial-failed', 'lost', GOODBYE_REASON.sessionFailed])

/** Two bounded tables: whom we dialled ourselves, and strangers, who cannot flush them; `random` in [0, 1). */
export function createDialRecords (random: () => number): DialRecords {
  const records = new LRUCache<string, DialRecord>({ max: MAX_RECORDS })
  const strangers = new LRUCache<string, DialRecord>({ max: MAX_STRANGERS })
  const get = (key: string): DialRecord => records.get(key) ?? strangers.get(key) ?? FRESH
  const change = (key: string, changes: Partial<DialRecord>): void => { (records.has(key) ? records : strangers).set(key, { ...get(key), ...changes }) }
  return {
    get,
    tried (key, now) {
      records.set(key, { ...get(key), triedAt: now })
      strangers.delete(key)
    },
    cool (key, cause, now) {
      const old = get(key)
      const failures = old.failures + 1
      const keptMs = cooldownMs(cause, failures, { random })
      const notBefore = now + keptMs
      // a later word does not shorten an earlier one, nor does a failed dial undo a goodbye
      change(key, notBefore > old.notBefore ? { failures, notBefore, keptMs, dialFailed: MAY_PASS.has(cause) } : { failures })
      return failures
    },
    proved: key => { change(key, { tried: true, dialFailed: false }) },
    stayed (key, ms) {
      const { failures, keptMs } = get(key)
      if (failures > 0 && ms >= Math.min(SETTLED_MS.most, Math.max(SETTLED_MS.least, keptMs))) change(key, { failures: 0, notBefore: 0, keptMs: 0 })
    },
    wait: (key, time) => { change(key, { notBefore: Math.max(get(key).notBefore, time) }) },
    dump: () => ({ records: records.size, strangers: strangers.size })
  }
}
