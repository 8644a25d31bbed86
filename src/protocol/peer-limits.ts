import { LRUCache } from 'lru-cache'
import { Gcra } from './gcra.ts'
import type { Rate } from './gcra.ts'

/** Peers remembered per protocol and direction; beyond it the longest unused limiter starts afresh. */
const MAX_PEERS = 4096

/** Burst of a sender's limiter. Less than the receiver's, because requests that left evenly may arrive bunched. */
export const SENDER_BURST = 0.4

/** One rate limiter per peer, kept across reconnections so that hanging up does not refill the budget. */
export class PeerLimits {
  readonly #rate: Rate
  readonly #burst: number | undefined
  // made at first use: it reserves room for all of them, and most protocols of most nodes limit nobody for long
  #limiters: LRUCache<string, Gcra> | undefined

  /** `burst` as in `Gcra`. */
  constructor (rate: Rate, burst?: number) {
    this.#rate = rate
    this.#burst = burst
  }

  get size (): number { return this.#limiters?.size ?? 0 }

  of (peer: string): Gcra {
    this.#limiters ??= new LRUCache({ max: MAX_PEERS })
    let limiter = this.#limiters.get(peer)
    if (limiter === undefined) {
      limiter = new Gcra(this.#rate, this.#burst)
      this.#limiters.set(peer, limiter)
    }
    return limiter
  }
}
