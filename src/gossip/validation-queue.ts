import type { TosErrorCode } from '../errors/index.ts'

/** Bounds of a validation queue. */
export interface ValidationQueueOptions<T> {
  readonly maxItems: number
  readonly maxBytes: number
  /** Validations at a time, of all sources and of one. */
  readonly concurrency: number
  readonly perSource: number
  /** Longest wait before a validation, milliseconds. */
  readonly maxWaitMs: number
  /** Which end goes when there are too many: of the source that takes the most room. */
  readonly drop: 'oldest' | 'newest'
  /** Told of each item that will not be validated: `BUSY` when pushed out, `TIMEOUT` when it waited too long. */
  readonly onDrop: (item: T, code: Extract<TosErrorCode, 'BUSY' | 'TIMEOUT'>) => void
  /** Monotonic milliseconds. */
  readonly now: () => number
}

interface Entry<T> { readonly item: T, readonly bytes: number, readonly since: number }
/** What one source has waiting, in order of arrival. */
interface Line<T> { readonly entries: Entry<T>[], bytes: number }

/**
 * What waits for validation on one topic: bounded in items, bytes and time, and fair. Sources take turns, none holds more than its share
 * of the slots, and who takes the most room loses an item first: a flood delays only its own sender. Pure; the caller runs what `take` returns.
 */
export class ValidationQueue<T> {
  readonly #options: ValidationQueueOptions<T>
  /** Sources with something waiting; a Map iterates in order of insertion, which makes the turn. */
  readonly #lines: Map<string, Line<T>> = new Map()
  /** Slots taken, by source; bounded by `concurrency`. */
  readonly #runningOf: Map<string, number> = new Map()
  #waiting = 0
  #bytes = 0
  #running = 0

  constructor (options: ValidationQueueOptions<T>) {
    this.#options = options
  }

  /** Gauges. */
  get sizes (): { waiting: number, bytes: number, running: number } {
    return { waiting: this.#waiting, bytes: this.#bytes, running: this.#running }
  }

  /** Adds an item that `source` brought, dropping by the rule what no longer fits. */
  push (source: string, item: T, bytes: number): void {
    const { maxItems, maxBytes, drop, onDrop, now } = this.#options
    // an item larger than the whole queue must not push out all the others first
    if (bytes > maxBytes) return onDrop(item, 'BUSY')
    const line = this.#lines.get(source) ?? { entries: [], bytes: 0 }
    this.#lines.set(source, line)
    line.entries.push({ item, bytes, since: now() })
    line.bytes += bytes
    this.#waiting++
    this.#bytes += bytes
    while (this.#waiting > maxItems || this.#bytes > maxBytes) {
      const [longest, { entries }] = this.#longest()
      onDrop(this.#remove(longest, drop === 'oldest' ? 0 : entries.length - 1).item, 'BUSY')
    }
  }

  /** The next item to validate, or `undefined` while all slots are taken or nothing waits. Call `release` when it is done. */
  take (): T | undefined {
    const { concurrency, perSource, maxWaitMs, onDrop, now } = this.#options
    while (this.#running < concurrency) {
      const source = [...this.#lines.keys()].find(name => (this.#runningOf.get(name) ?? 0) < perSource)
      if (source === undefined) return undefined
      const { item, since } = this.#remove(source, 0)
      if (now() - since > maxWaitMs) {
        onDrop(item, 'TIMEOUT')
        continue
      }
      this.#toTheEnd(source)
      this.#running++
      this.#runningOf.set(source, (this.#runningOf.get(source) ?? 0) + 1)
      return item
    }
    return undefined
  }

  /** Frees the slot of an item of `source` that `take` returned. */
  release (source: string): void {
    this.#running--
    const left = (this.#runningOf.get(source) ?? 0) - 1
    if (left > 0) this.#runningOf.set(source, left)
    else this.#runningOf.delete(source)
  }

  /** Forgets everything that waits, without a word. */
  clear (): void {
    this.#lines.clear()
    this.#waiting = 0
    this.#bytes = 0
  }

  /** Who takes the most room, in items or in bytes, whichever is the larger share. */
  #longest (): [string, Line<T>] {
    const { maxItems, maxBytes } = this.#options
    const share = ([, { entries, bytes }]: [string, Line<T>]): number => Math.max(entries.length / maxItems, bytes / maxBytes)
    return [...this.#lines].reduce((most, line) => share(line) > share(most) ? line : most)
  }

  #remove (source: string, at: number): Entry<T> {
    const line = this.#lines.get(source) as Line<T>
    const [entry] = line.entries.splice(at, 1) as [Entry<T>]
    line.bytes -= entry.bytes
    this.#waiting--
    this.#bytes -= entry.bytes
    if (line.entries.length === 0) this.#lines.delete(source)
    return entry
  }

  #toTheEnd (source: string): void {
    const line = this.#lines.get(source)
    if (line === undefined) return
    this.#lines.delete(source)
    this.#lines.set(source, line)
  }
}
