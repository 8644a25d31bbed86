import type { Candidate } from './candidate.ts'
import { byOrder } from './candidate.ts'
import { createCandidateSet } from './candidate-set.ts'
import type { DiscoveryClock } from './clock.ts'
import { peerOfHint } from './hint.ts'
import type { Hint } from './hint.ts'
import type { Refusals } from './refusals.ts'
import { createSnapshot } from './snapshot.ts'
import type { DiscoverySnapshot } from './snapshot.ts'
import { createSourceLog } from './source-log.ts'
import type { Origin } from './sources.ts'

/** Options of `createCandidates`. */
export interface CandidatesOptions {
  /** Our own PeerId in text: never a candidate. */
  readonly self: string
  readonly clock: Pick<DiscoveryClock, 'now'>
  /** Most candidates, about; each kind of source has its share. Default 1,000. */
  readonly max?: number
}

/** All sources in one bounded set. */
export interface Candidates {
  /** Takes a hint; what is known already is merged. */
  add (origin: Origin, hint: Hint): void
  /** Notes that hints were refused before they came here. */
  refused (origin: Origin, refused: Refusals): void
  /** Notes that a source failed; `snapshot()` tells why. */
  failed (origin: Origin, error: unknown): void
  /** Forgets a candidate: it is connected, or was tried often enough. */
  remove (key: string): void
  /** Everybody, in the order to dial. */
  list (): Candidate[]
  /** Calls back for each candidate that is new, or has a new address or source. A listener that throws breaks `add`. */
  subscribe (listener: (candidate: Candidate) => void): () => void
  /**
   * Everybody known now and all who come later, the best of those that wait first; each again when it changes. Ends with `signal`.
   * What waits is a set of keys, so no slow reader makes it grow beyond the candidates.
   */
  stream (signal: AbortSignal): AsyncIterable<Candidate>
  /** For `tosd discover --json`. */
  snapshot (): DiscoverySnapshot
  dump (): Record<string, number>
}

const MAX_CANDIDATES = 1000

/** One stream of candidates with provenance. Pure: no timer runs; what is outdated goes when somebody looks. */
export function createCandidates ({ self, clock, max = MAX_CANDIDATES }: CandidatesOptions): Candidates {
  const listeners = new Set<(candidate: Candidate) => void>()
  const gone = new Set<(key: string) => void>()
  const log = createSourceLog()
  const set = createCandidateSet(max, key => { for (const tell of gone) tell(key) })

  const list = (): Candidate[] => {
    set.expire(clock.now())
    return set.all().sort(byOrder)
  }
  const subscribe = (listener: (candidate: Candidate) => void): () => void => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }

  async function * stream (signal: AbortSignal): AsyncGenerator<Candidate> {
    const waiting = new Set(set.all().map(({ key }) => key))
    let wake = Promise.withResolvers<void>()
    let order: Candidate[] = []
    const forget = (key: string): void => { waiting.delete(key) }
    const stop = subscribe(({ key }) => {
      waiting.add(key)
      // the order is made anew: who came may go before those that wait
      order = []
      wake.resolve()
    })
    const abort = (): void => { wake.resolve() }
    gone.add(forget)
    signal.addEventListener('abort', abort, { once: true })
    try {
      while (!signal.aborted) {
        if (order.length === 0) order = list().filter(({ key }) => waiting.has(key)).toReversed()
        const next = order.pop()
        if (next === undefined) {
          await wake.promise
          wake = Promise.withResolvers<void>()
        } else if (waiting.delete(next.key)) yield next
      }
    } finally {
      stop()
      gone.delete(forget)
      signal.removeEventListener('abort', abort)
    }
  }

  return {
    add (origin, hint) {
      const now = clock.now()
      if (peerOfHint(hint) === self) return
      log.named(origin, now)
      for (const key of set.add(origin, hint, now)) {
        const candidate = set.get(key)
        if (candidate !== undefined) for (const listener of listeners) listener(candidate)
      }
    },
    refused: (origin, refused) => { log.refused(origin, refused) },
    failed: (origin, error) => { log.failed(origin, error, clock.now()) },
    remove: key => { set.remove(key) },
    list,
    subscribe,
    stream,
    snapshot: () => createSnapshot(list(), log.records(), clock.now()),
    dump: () => ({ candidates: set.size, sources: log.size, listeners: listeners.size })
  }
}
