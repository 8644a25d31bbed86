/**
 * The specification's DDoSProtection as written, for comparison: per key a queue of message times and a queue of (time, size) of the
 * last minute, whose sizes are summed anew for every message. Its penalties and lists are left out.
 */
export class DequeLimiter {
  readonly #messages = new Map<string, Deque<number>>()
  readonly #bytes = new Map<string, Deque<readonly [at: number, size: number]>>()

  accept (key: string, nowMs: number, size: number): boolean {
    const messages = held(this.#messages, key)
    while (messages.length > 0 && nowMs - messages.first > WINDOW_MS) messages.shift()
    if (messages.length >= MESSAGES) return false
    const bytes = held(this.#bytes, key)
    while (bytes.length > 0 && nowMs - bytes.first[0] > WINDOW_MS) bytes.shift()
    if (bytes.reduce((sum, [, size]) => sum + size, 0) + size > BYTES) return false
    messages.push(nowMs)
    bytes.push([nowMs, size])
    return true
  }
}

const WINDOW_MS = 60_000
const MESSAGES = 100
const BYTES = 1_048_576

/** A queue without the cost of Array.shift: popped places are cut off when they are half of it. */
class Deque<T> {
  #items: T[] = []
  #head = 0

  get length (): number { return this.#items.length - this.#head }

  get first (): T { return this.#items[this.#head] as T }

  push (item: T): void { this.#items.push(item) }

  shift (): void {
    this.#head++
    if (this.#head * 2 < this.#items.length) return
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }

  reduce (step: (sum: number, item: T) => number, start: number): number {
    let sum = start
    for (let i = this.#head; i < this.#items.length; i++) sum = step(sum, this.#items[i] as T)
    return sum
  }
}

function held<T> (queues: Map<string, Deque<T>>, key: string): Deque<T> {
  const queue = queues.get(key) ?? new Deque<T>()
  if (queue.length === 0) queues.set(key, queue)
  return queue
}
