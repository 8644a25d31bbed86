import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import type { Clock } from '../clock.ts'
import { createFairQueue } from '../serve/fair-queue.ts'

/**
 * What asking one peer for one object came to. `held`: it is here now. `orphan`: valid so far, its parents are missing. `refused`: the
 * object itself is invalid. `unwanted`: valid, but there is no place for it. `lied`: the peer sent something else. `missing`: no answer of use.
 */
export type Attempt = 'held' | 'orphan' | 'refused' | 'unwanted' | 'lied' | 'missing'

/** How a fetch ended; `liars` sent something else than was asked. */
export interface Fetched {
  readonly result: 'held' | 'orphan' | 'refused' | 'unwanted' | 'unresolved'
  readonly liars: ReadonlySet<string>
  /** Unresolved for a reason of this node's own: called off, stopped, or too much to do for others to begin with it. */
  readonly isExcused: boolean
}

export interface FetchLimits {
  /** Objects being fetched at once (default 100). */
  readonly inFlight?: number
  /** Of those, named by one peer (default 32), so that one that never answers leaves room for the others. */
  readonly inFlightPerPeer?: number
  /** Announcements of one peer that may wait (default 5,000), and of all (default 20,000). */
  readonly waitingPerPeer?: number
  readonly waiting?: number
  /** When others are asked (default 2 s), further ones each `stepMs` (default 1 s), and when it is given up (default 5 s), milliseconds. */
  readonly othersAfterMs?: number
  readonly stepMs?: number
  readonly giveUpMs?: number
  /** Other peers asked for one object (default 3). */
  readonly others?: number
}

export interface FetchDeps {
  readonly clock: Clock
  /** Must settle by itself once `signal` fires, or be harmless when it does not. A `TosError` counts as `missing`. */
  readonly attempt: (peer: string, hash: Uint8Array, signal: AbortSignal) => Promise<Attempt>
  /** Session peers that follow the topic, best first. */
  readonly others: () => readonly string[]
  readonly limits?: FetchLimits | undefined
  /** Told of what `attempt` threw beside a `TosError`: a fault of this node's own. */
  readonly onError?: (error: unknown) => void
}

/** Turns announced hashes into objects: one fetch per hash however many name it, fair between those who do. */
export interface FetchPool {
  /**
   * Who else names a hash that is being fetched is asked before other peers, as many as are remembered (`ANNOUNCERS`).
   * `alsoFrom` tells of more of them, where a network shows only the first announcement. `signal` ends the wait as unresolved; the fetch itself ends with the last who waits for it.
   */
  fetch (hash: Uint8Array, from: string, signal?: AbortSignal, alsoFrom?: () => readonly string[]): Promise<Fetched>
  /** Ends everything under way as unresolved. */
  stop (): void
  dump (): Record<string, number>
}

const DEFAULTS: Required<FetchLimits> = { inFlight: 100, inFlightPerPeer: 32, waitingPerPeer: 5000, waiting: 20_000, othersAfterMs: 2000, stepMs: 1000, giveUpMs: 5000, others: 3 }
/** Announcers of one hash that are remembered: more than are asked. */
const ANNOUNCERS = 8
const nothing = (isExcused: boolean): Fetched => ({ result: 'unresolved', liars: new Set(), isExcused })

/** One hash being fetched; several announcements may wait for it. */
interface Job {
  readonly hash: Uint8Array
  /** Who named it, in order of arrival; it waits in the queue of each, so that a flood of the first one's does not hold it up. */
  readonly announcers: string[]
  readonly alsoFrom: () => readonly string[]
  readonly done: PromiseWithResolvers<Fetched>
  /** Ends the attempts that are still open when the job is over. */
  readonly scope: AbortController
  readonly asked: Set<string>
  readonly liars: Set<string>
  /** Announcements that wait for it. */
  waiters: number
  /** Attempts without an answer yet. */
  active: number
  /** The announcer whose turn it began with; undefined while it waits. */
  startedFor: string | undefined
  startedAt: number
  /** Given up before a silent peer could have been told from a slow one. */
  isCrowdedOut: boolean
  /** Nobody was left to ask when it was time to. */
  isStuck: boolean
  cancelGiveUp: () => void
  cancelNext: () => void
}

/** See `FetchLimits` for the defaults; all of them hold at once. */
export function createFetchPool ({ clock, attempt, others, limits = {}, onError = () => {} }: FetchDeps): FetchPool {
  const max = { ...DEFAULTS, ...limits }
  const jobs = new Map<string, Job>()
  const queue = createFairQueue<Job>()
  const inFlight = new Map<string, number>()
  const waiting = new Map<string, number>()
  let running = 0
  let waitingInAll = 0
  let faults = 0

  /** The one place where a job ends, so that its timers, counters and signal end with it. */
  const finish = (job: Job, result: Fetched['result'], isExcused = false): void => {
    const key = toHex(job.hash)
    // it may be over already, and another under its name
    if (jobs.get(key) !== job) return
    jobs.delete(key)
    job.cancelGiveUp()
    job.cancelNext()
    job.scope.abort()
    if (job.startedFor === undefined) {
      for (const peer of job.announcers) queue.remove(peer, job)
    } else {
      running--
      change(inFlight, job.startedFor, -1)
    }
    job.done.resolve({ result, liars: job.liars, isExcused })
    pump()
  }
  /** Starts what the limits allow. */
  const pump = (): void => {
    while (running < max.inFlight) {
      const turn = queue.next(peer => (inFlight.get(peer) ?? 0) < max.inFlightPerPeer)
      if (turn === undefined) return
      const { owner, item: job } = turn
      for (const peer of job.announcers) if (peer !== owner) queue.remove(peer, job)
      job.startedFor = owner
      job.startedAt = clock.now()
      running++
      change(inFlight, owner, 1)
      ask(job, owner)
      job.cancelNext = clock.after(max.othersAfterMs, () => { askAnother(job) })
    }
  }
  const ask = (job: Job, peer: string): void => {
    job.asked.add(peer)
    job.active++
    attempt(peer, job.hash, job.scope.signal).catch((error: unknown) => {
      // an attempt that was called off may say so in whatever words
      if (!(error instanceof TosError) && !job.scope.signal.aborted) {
        faults++
        onError(error)
      }
      return 'missing' as const
    }).then(result => {
      job.active--
      if (result === 'lied') job.liars.add(peer)
      if (result === 'lied' || result === 'missing') askAnother(job)
      else finish(job, result)
    })
  }
  /** On a useless answer, and when time has passed without any. */
  const askAnother = (job: Job): void => {
    if (job.scope.signal.aborted) return
    job.cancelNext()
    const isNew = (name: string): boolean => !job.asked.has(name)
    // who named it has it; of the others one can only hope so
    const peer = job.asked.size > max.others ? undefined : job.announcers.find(isNew) ?? job.alsoFrom().find(isNew) ?? others().find(isNew)
    job.isStuck = peer === undefined
    if (peer !== undefined) {
      ask(job, peer)
      job.cancelNext = clock.after(max.stepMs, () => { askAnother(job) })
    } else if (job.active === 0) {
      finish(job, 'unresolved')
    }
  }
  const open = (hash: Uint8Array, from: string, alsoFrom: () => readonly string[]): Job => {
    const job: Job = {
      hash: hash.slice(), announcers: [from], alsoFrom, done: Promise.withResolvers(), scope: new AbortController(), asked: new Set(), liars: new Set(),
      waiters: 0, active: 0, startedFor: undefined, startedAt: Infinity, isCrowdedOut: false, isStuck: false, cancelGiveUp: () => {}, cancelNext: () => {}
    }
    jobs.set(toHex(hash), job)
    // from the announcement on, not from the start: what waits in the queue too long is stale news
    job.cancelGiveUp = clock.after(max.giveUpMs, () => {
      job.isCrowdedOut = !(clock.now() - job.startedAt >= max.othersAfterMs)
      finish(job, 'unresolved', job.isCrowdedOut)
    })
    queue.push(from, job)
    pump()
    return job
  }
  const join = (job: Job, from: string): Job => {
    if (job.announcers.length >= ANNOUNCERS || job.announcers.includes(from)) return job
    job.announcers.push(from)
    if (job.startedFor === undefined) {
      queue.push(from, job)
      pump()
    } else if (job.isStuck) {
      askAnother(job)
    }
    return job
  }
  return {
    async fetch (hash, from, signal, alsoFrom = () => []) {
      const before = waiting.get(from) ?? 0
      if (before >= max.waitingPerPeer) return nothing(false)
      if (signal?.aborted === true || waitingInAll >= max.waiting) return nothing(true)
      change(waiting, from, 1)
      waitingInAll++
      const held = jobs.get(toHex(hash))
      const job = held === undefined ? open(hash, from, alsoFrom) : join(held, from)
      job.waiters++
      const { promise: left, resolve } = Promise.withResolvers<Fetched>()
      const leave = (): void => { resolve(nothing(true)) }
      signal?.addEventListener('abort', leave, { once: true })
      try {
        const fetched = await Promise.race([job.done.promise, left])
        // crowded out by its own announcer's flood: no excuse for that one
        return job.isCrowdedOut && before >= max.inFlightPerPeer ? { ...fetched, isExcused: false } : fetched
      } finally {
        signal?.removeEventListener('abort', leave)
        if (--job.waiters === 0) finish(job, 'unresolved', true)
        change(waiting, from, -1)
        waitingInAll--
      }
    },
    // the queued ones first, or each end would start another
    stop () { for (const job of [...jobs.values()].toReversed()) finish(job, 'unresolved', true) },
    dump: () => ({ fetches: jobs.size, running, waiting: waitingInAll, peers: waiting.size, faults })
  }
}

/** Adds to a counter that vanishes at zero, so that the map holds only names with something under way. */
function change (counts: Map<string, number>, name: string, by: number): void {
  const value = (counts.get(name) ?? 0) + by
  if (value > 0) counts.set(name, value)
  else counts.delete(name)
}
