import { setMaxListeners } from 'node:events'
import { toTosError } from '../../errors/index.ts'
import { MAX_LAG_MS } from '../reputation/index.ts'
import type { PeerMeasures } from './create-measures.ts'
import { judgePing, LIVENESS_RULES } from './liveness-rules.ts'
import type { LivenessRules } from './liveness-rules.ts'

/** What `createLiveness` needs, injected. Times in ms of one monotonic clock. */
export interface LivenessDeps {
  readonly measures: Pick<PeerMeasures, 'ponged' | 'missed'>
  /** One nonce-checked ping; resolves with its round trip, rejects in bounded time. `first`: the first of this session. */
  readonly ping: (peer: string, options: { readonly first: boolean, readonly timeoutMs: number, readonly signal: AbortSignal }) => Promise<number>
  /** A ping was not answered, and the fault is not ours. */
  readonly missed: (peer: string) => void
  /** Too many were not. `othersAnswer`: somebody else did meanwhile, so the fault is the peer's or its path's, not our network's. */
  readonly part: (peer: string, facts: { readonly misses: number, readonly othersAnswer: boolean }) => void
  /** How late our own event loop runs. */
  readonly lagMs: () => number
  readonly clock: () => number
  /** Runs once after `ms`; returns what calls it off. */
  readonly schedule: (run: () => void, ms: number) => () => void
  /** 0 ≤ r < 1. */
  readonly random: () => number
  readonly rules?: Partial<LivenessRules>
}

/** Pings every peer with a session, and parts with those that stopped answering. */
export interface Liveness {
  /** A session stands. Told again, it changes nothing. */
  add (peer: string): void
  remove (peer: string): void
  /** Ends everything under way. */
  stop (): void
  dump (): Record<string, number>
}

interface Watched {
  due: number
  pinging: boolean
  first: boolean
  misses: number
  /** When the first of these misses was sent. */
  missedSince: number
}

/** One timer for all peers: it waits for the next ping that is due. */
export function createLiveness (deps: LivenessDeps): Liveness {
  const { measures, clock, random, schedule, lagMs } = deps
  const rules = { ...LIVENESS_RULES, ...deps.rules }
  const peers = new Map<string, Watched>()
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  let inFlight = 0
  let lastAnswerAt = -Infinity
  let cancel: (() => void) | undefined

  const after = (ms: number, spread: number): number => clock() + ms + ms * spread * random()

  const alive = (peer: string, watched: Watched, rttMs: number | undefined): void => {
    watched.misses = 0
    watched.due = after(rules.intervalMs * (1 - rules.jitter), 2 * rules.jitter / (1 - rules.jitter))
    lastAnswerAt = clock()
    measures.ponged(peer, rttMs)
  }
  const miss = (peer: string, watched: Watched, sent: number): void => {
    if (watched.misses === 0) watched.missedSince = sent
    watched.misses++
    measures.missed(peer)
    deps.missed(peer)
    if (watched.misses < rules.misses) return
    peers.delete(peer)
    // its own last answer came before its misses
    deps.part(peer, { misses: watched.misses, othersAnswer: lastAnswerAt >= watched.missedSince })
  }

  const ping = async (peer: string, watched: Watched): Promise<void> => {
    const sent = clock()
    inFlight++
    watched.pinging = true
    const standing = (): boolean => peers.get(peer) === watched
    try {
      const rttMs = await deps.ping(peer, { first: watched.first, timeoutMs: rules.timeoutMs, signal: stopping.signal })
      watched.first = false
      // what waited for ourselves is no round trip
      if (standing()) alive(peer, watched, lagMs() > MAX_LAG_MS ? undefined : rttMs)
    } catch (error) {
      if (stopping.signal.aborted || !standing()) return
      watched.due = after(rules.retryMs, 1)
      const { code, details } = toTosError(error, 'INTERNAL')
      const verdict = judgePing(code, details?.['remote'] === true)
      if (verdict === 'alive') alive(peer, watched, undefined)
      else if (verdict === 'miss' && lagMs() <= MAX_LAG_MS) miss(peer, watched, sent)
    } finally {
      inFlight--
      watched.pinging = false
      look()
    }
  }
  const look = (): void => {
    cancel?.()
    cancel = undefined
    if (stopping.signal.aborted) return
    const waiting = [...peers].filter(([, { pinging }]) => !pinging).sort(([, a], [, b]) => a.due - b.due)
    for (const [peer, watched] of waiting) {
      if (inFlight >= rules.inFlight) return
      if (watched.due > clock()) {
        cancel = schedule(look, watched.due - clock())
        return
      }
      void ping(peer, watched)
    }
  }

  return {
    add (peer) {
      if (peers.has(peer)) return
      peers.set(peer, { due: clock() + rules.firstMs * random(), pinging: false, first: true, misses: 0, missedSince: 0 })
      look()
    },
    remove (peer) { if (peers.delete(peer)) look() },
    stop () {
      stopping.abort()
      cancel?.()
      peers.clear()
    },
    dump: () => ({ watched: peers.size, pinging: inFlight })
  }
}
