import { aborted } from './aborted.ts'

interface Opening<T> {
  readonly opened: Promise<T>
  readonly abandon: AbortController
  waiting: number
}

/**
 * Openings under way, one per key, shared by everybody who asks meanwhile. A caller that gives up leaves the others waiting; when the
 * last one leaves, the opening is cancelled.
 */
export class SharedOpenings<T> {
  readonly #openings: Map<string, Opening<T>> = new Map()

  get size (): number { return this.#openings.size }

  /** Joins the opening of `key`, or starts it. Throws what `start` throws, `TIMEOUT` or `ABORTED` for this caller's signal alone. */
  async open (key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal.aborted) throw aborted(signal)
    const opening = this.#openings.get(key) ?? this.#start(key, start)
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const leave = (): void => { reject(aborted(signal)) }
    signal.addEventListener('abort', leave)
    opening.waiting++
    opening.opened.then(resolve, reject)
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', leave)
      if (--opening.waiting === 0) this.#abandon(key, opening)
    }
  }

  #start (key: string, start: (signal: AbortSignal) => Promise<T>): Opening<T> {
    const abandon = new AbortController()
    const opening: Opening<T> = { opened: start(abandon.signal), abandon, waiting: 0 }
    this.#openings.set(key, opening)
    const settled = (): void => { if (this.#openings.get(key) === opening) this.#openings.delete(key) }
    opening.opened.then(settled, settled)
    return opening
  }

  #abandon (key: string, opening: Opening<T>): void {
    // an opening that has settled is no longer listed, and there is nothing left to cancel
    if (this.#openings.get(key) !== opening) return
    this.#openings.delete(key)
    opening.abandon.abort()
  }
}
