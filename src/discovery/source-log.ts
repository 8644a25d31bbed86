import { LRUCache } from 'lru-cache'
import { toTosError } from '../errors/index.ts'
import type { ErrorReport, TosErrorCode } from '../errors/index.ts'
import { countRefusal } from './refusals.ts'
import type { Refusals } from './refusals.ts'
import { kindOf } from './sources.ts'
import type { Origin, SourceKind } from './sources.ts'

/** A failure of a source: its code with what was last said, how often, and when last. */
export interface SourceFailure {
  readonly error: ErrorReport
  readonly count: number
  /** Ms of the injected clock. */
  readonly at: number
}

/** What is known of one origin. */
export interface SourceRecord {
  readonly origin: Origin
  /** Hints that named somebody, new or known. */
  readonly named: number
  /** When it last named somebody; undefined: never. */
  readonly lastNamed: number | undefined
  /** Hints refused, by code. */
  readonly refused: Refusals
  /** One per code, the latest first. */
  readonly failures: readonly SourceFailure[]
}

interface Row {
  named: number
  lastNamed: number | undefined
  readonly refused: Partial<Record<TosErrorCode, number>>
  readonly failures: Map<TosErrorCode, SourceFailure>
}

/** Origins remembered per kind: peers choose how many `exchange:<peer>` there are. */
const MAX_ORIGINS = 64

/** Who told what, and why a source failed; answers "why do I know nobody". */
export interface SourceLog {
  named (origin: Origin, now: number): void
  refused (origin: Origin, refused: Refusals): void
  failed (origin: Origin, error: unknown, now: number): void
  records (): SourceRecord[]
  readonly size: number
}

export function createSourceLog (): SourceLog {
  const kinds = new Map<SourceKind, LRUCache<Origin, Row>>()
  const rowOf = (origin: Origin): Row => {
    const kind = kindOf(origin)
    const rows = kinds.get(kind) ?? new LRUCache<Origin, Row>({ max: MAX_ORIGINS })
    kinds.set(kind, rows)
    const row = rows.get(origin) ?? { named: 0, lastNamed: undefined, refused: {}, failures: new Map() }
    rows.set(origin, row)
    return row
  }
  return {
    named (origin, now) {
      const row = rowOf(origin)
      row.named++
      row.lastNamed = now
    },
    refused (origin, refused) {
      const row = rowOf(origin)
      for (const [code, count] of Object.entries(refused)) countRefusal(row.refused, code as TosErrorCode, count)
    },
    failed (origin, error, now) {
      const { failures } = rowOf(origin)
      const report = toTosError(error).toJSON()
      failures.set(report.code, { error: report, count: (failures.get(report.code)?.count ?? 0) + 1, at: now })
    },
    records: () => [...kinds.values()].flatMap(rows => [...rows].map(([origin, { named, lastNamed, refused, failures }]) => ({
      origin, named, lastNamed, refused: { ...refused }, failures: [...failures.values()].sort((a, b) => b.at - a.at)
    }))),
    get size () { return [...kinds.values()].reduce((sum, { size }) => sum + size, 0) }
  }
}
