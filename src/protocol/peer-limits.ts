import { LRUCache } from 'lru-cache'
import { Gcra } from './gcra.ts'
import type { Rate } from './gcra.ts'

/** Peers remembered per protocol and direction; beyond it the longest unused limiter starts afresh. */
const MAX_PEERS = 4096

/** One rate limiter per peer, kept across reconnections so that hanging up does not refill the budget. */
export class PeerLimits {
  readonly #rate: Rate
  readonly #limiters: LRUCache<string, Gcra> = new LRUCache({ max: MAX_PEERS })

  constructor (rate: Rate) {
    this.#rate = rate
  }

  get size (): number { return this.#limiters.size }

  of (peer: string): Gcra {
    let limiter = this.#limiters.get(peer)
    if (limiter === undefined) {
      limiter = new Gcra(this.#rate)
      this.#limiters.set(peer, limiter)
    }
    return limiter
  }
}
