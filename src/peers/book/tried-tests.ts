import type { Entry } from './entry.ts'
import type { Tables } from './tables.ts'

/** Orders kept at a time; further challengers stay in `new` and may try again. */
const MAX_TESTS = 10
/** An incumbent that answered this recently is not troubled. */
const RECENT_MS = 4 * 3_600_000
/** An order nobody carried out in this time lapses, and the incumbent stays. */
const WINDOW_MS = 40 * 60_000
/** A dial that fails says nothing about the other side unless ours worked this recently. */
const ONLINE_MS = 10 * 60_000

/** Dial `incumbent`: only if that fails does `challenger` get its place. Canonical addresses. */
export interface TestOrder {
  readonly incumbent: string
  readonly challenger: string
}

/** Test before evict: the collisions in `tried` that wait for a dial. */
export interface TriedTests {
  readonly orders: readonly TestOrder[]
  /** A proven entry found `incumbent` in its way; undefined when that one is fresh or too many tests wait. */
  order (challenger: Entry, incumbent: Entry, now: number): TestOrder | undefined
  /** The entry answered: whoever waits for its place stays in `new`. */
  answered (incumbent: Entry): void
  /** The dial of an entry failed: whoever waits for its place gets it. `lastGood`: when any dial of ours last succeeded. */
  unanswered (incumbent: Entry, lastGood: number, now: number): void
  /** Forgets lapsed orders and those of entries that are gone; returns the oldest of the rest. */
  next (now: number): TestOrder | undefined
}

/** Creates the list of tests over `tables`. */
export function createTriedTests (tables: Tables): TriedTests {
  /** By address of the incumbent: one challenger at a time. */
  const waiting = new Map<string, TestOrder & { since: number }>()
  return {
    get orders () { return [...waiting.values()].map(({ incumbent, challenger }) => ({ incumbent, challenger })) },
    order (challenger, incumbent, now) {
      const { text } = incumbent.address
      if (now - incumbent.lastGood < RECENT_MS || waiting.has(text) || waiting.size >= MAX_TESTS) return undefined
      const order = { incumbent: text, challenger: challenger.address.text }
      waiting.set(text, { ...order, since: now })
      return order
    },
    answered: incumbent => { waiting.delete(incumbent.address.text) },
    unanswered (incumbent, lastGood, now) {
      const { text } = incumbent.address
      const order = waiting.get(text)
      if (order === undefined || now - lastGood > ONLINE_MS) return
      waiting.delete(text)
      const challenger = tables.entries.get(order.challenger)
      if (challenger?.peer !== undefined && !challenger.tried && incumbent.tried) tables.replace(challenger, incumbent, now)
    },
    next (now) {
      for (const [text, { incumbent, challenger, since }] of waiting) {
        if (now - since <= WINDOW_MS && tables.entries.has(incumbent) && tables.entries.has(challenger)) return { incumbent, challenger }
        waiting.delete(text)
      }
      return undefined
    }
  }
}
