import type { TosErrorCode } from '../errors/index.ts'

/** Bounds of a validation queue. */
export interface ValidationQueueOptions<T> {
  readonly maxItems: number
  readonly maxBytes: number
  /** Validations at a time. */
  readonly concurrency: number
  /** Longest wait before a validation, milliseconds. */
  readonly maxWaitMs: number
  /** Which end goes when there are too many. */
  readonly drop: 'oldest' | 'newest'
  /** Told of each item that will not be validated: `BUSY` when pushed out, `TIMEOUT` when it waited too long. */
  readonly onDrop: (item: T, code: Extract<TosErrorCode, 'BUSY' | 'TIMEOUT'>) => void
  /** Monotonic milliseconds. */
  readonly now: () => number
}

interface Entry<T> { readonly item: T, readonly bytes: number, readonly since: number }

/** What waits for validation on one topic: bounded in items, bytes and time. Pure; the caller runs what `take` returns. */
export class ValidationQueue<T> {
  readonly #options: ValidationQueueOptions<T>
  /** In order of arrival. */
  readonly #waiting = new Set<Entry<T>>()
  #bytes = 0
  #running = 0

  constructor (options: ValidationQueueOptions<T>) {
    this.#options = options
  }

  /** Gauges. */
  get sizes (): { waiting: number, bytes: number, running: number } {
    return { waiting: this.#waiting.size, bytes: this.#bytes, running: this.#running }
  }

  /** Adds an item, dropping by the rule what no longer fits. */
  push (item: T, bytes: number): void {
    const { maxItems, maxBytes, drop, onDrop, now } = this.#options
    const entry = { item, bytes, since: now() }
    this.#waiting.add(entry)
    this.#bytes += bytes
    while (this.#waiting.size > maxItems || this.#bytes > maxBytes) {
      // an item larger than the whole queue must not push out all the others first
      const victim = drop === 'newest' || bytes > maxBytes ? entry : this.#first()
      if (victim === undefined || !this.#remove(victim)) return
      onDrop(victim.item, 'BUSY')
    }
  }

  /** The next item to validate, or `undefined` while all slots are taken or nothing waits. Call `release` when it is done. */
  take (): T | undefined {
    const { concurrency, maxWaitMs, onDrop, now } = this.#options
    while (this.#running < concurrency) {
      const entry = this.#first()
      if (entry === undefined) return undefined
      this.#remove(entry)
      if (now() - entry.since <= maxWaitMs) {
        this.#running++
        return entry.item
      }
      onDrop(entry.item, 'TIMEOUT')
    }
    return undefined
  }

  /** Frees the slot of an item that `take` returned. */
  release (): void {
    this.#running--
  }

  /** Forgets everything that waits, without a word. */
  clear (): void {
    this.#waiting.clear()
    this.#bytes = 0
  }

  #first (): Entry<T> | undefined {
    return this.#waiting.values().next().value
  }

  #remove (entry: Entry<T>): boolean {
    if (!this.#waiting.delete(entry)) return false
    this.#bytes -= entry.bytes
    return true
  }
}
