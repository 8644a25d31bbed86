/** When one request is over. */
export interface Deadline {
  /** Monotonic ms. */
  readonly at: number
  readonly expired: () => void
}

/**
 * The time-outs of many requests on one timer. A timer per request is set and cleared for every answer that comes in time, which is
 * nearly every one; this one stands until the earliest deadline it was set for, and then looks what is really due.
 */
export class Deadlines {
  readonly #waiting: Set<Deadline> = new Set()
  #timer: NodeJS.Timeout | undefined
  #firesAt = Infinity

  /** Calls `expired` after `ms`, unless the deadline is deleted before. */
  add (ms: number, expired: () => void): Deadline {
    const deadline = { at: performance.now() + ms, expired }
    this.#waiting.add(deadline)
    if (deadline.at < this.#firesAt) this.#set(deadline.at)
    return deadline
  }

  delete (deadline: Deadline): void {
    this.#waiting.delete(deadline)
  }

  /** Forgets all deadlines. */
  stop (): void {
    clearTimeout(this.#timer)
    this.#firesAt = Infinity
    this.#waiting.clear()
  }

  #set (at: number): void {
    clearTimeout(this.#timer)
    this.#firesAt = at
    this.#timer = setTimeout(() => { this.#look() }, Math.max(0, at - performance.now()))
    // what is waited for keeps its connection open, and that keeps the process; browsers have no such method
    this.#timer.unref?.()
  }

  #look (): void {
    const now = performance.now()
    this.#firesAt = Infinity
    const due: Deadline[] = []
    let next = Infinity
    for (const deadline of this.#waiting) {
      if (deadline.at <= now) due.push(deadline)
      else next = Math.min(next, deadline.at)
    }
    for (const deadline of due) {
      this.#waiting.delete(deadline)
      deadline.expired()
    }
    if (next < this.#firesAt) this.#set(next)
  }
}
