import { dropSoonest } from '../reputation/bounded-holds.ts'
import { MEMORY_MS, banDuration } from './ban-terms.ts'

/** A ban that this node decided by itself; kept for a day after its end. */
export interface Sentence {
  readonly reason: string
  /** Wall time, ms. */
  readonly since: number
  readonly until: number
  /** Bans in a row: the doubling. */
  readonly times: number
  /** Prefix the peer came from, where known. */
  readonly address: string | undefined
}

/** Bans by key with doubling and memory, bounded. */
export class Sentences {
  readonly #entries: Map<string, Sentence> = new Map()
  readonly #max: number
  readonly #longest: number

  constructor (max: number, longest: number) {
    this.#max = max
    this.#longest = longest
  }

  get size (): number { return this.#entries.size }

  /** The ban in force; a remembered one is none. */
  active (key: string, now: number): Sentence | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && now < entry.until ? entry : undefined
  }

  /** Bans `key`, longer than the last time; one that is banned already stays as it is. */
  add (key: string, reason: string, now: number, address?: string): Sentence {
    const last = this.#entries.get(key)
    // events that were under way when the ban began must not double it
    if (last !== undefined && now < last.until) return last
    const times = last !== undefined && now - last.until < MEMORY_MS ? last.times + 1 : 1
    const sentence = { reason, since: now, until: now + banDuration(times, this.#longest), times: Math.min(times, 0xffff), address }
    this.#entries.set(key, sentence)
    dropSoonest(this.#entries, this.#max, ({ until }) => until, key)
    return sentence
  }

  /** Takes a sentence from a file; no longer than one of ours can last. */
  restore (key: string, sentence: Sentence, now: number): void {
    const until = Math.min(sentence.until, now + this.#longest)
    if (now - until >= MEMORY_MS) return
    this.#entries.set(key, { ...sentence, until })
    dropSoonest(this.#entries, this.#max, ({ until }) => until, key)
  }

  /** Removes a ban and the memory of it. */
  delete (key: string): Sentence | undefined {
    const entry = this.#entries.get(key)
    this.#entries.delete(key)
    return entry
  }

  /** All that is remembered, after dropping what is older than the memory. */
  entries (now: number): Array<[key: string, sentence: Sentence]> {
    for (const [key, { until }] of this.#entries) if (now - until >= MEMORY_MS) this.#entries.delete(key)
    return [...this.#entries]
  }
}
