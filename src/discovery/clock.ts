/** Time as discovery sees it. Injected, so that tests decide when a second has passed. */
export interface DiscoveryClock {
  /** Unix milliseconds. */
  now (): number
  /** Calls `run` once after `ms` milliseconds; the returned function cancels it and may be called twice. */
  after (ms: number, run: () => void): () => void
}
