/** A node that would ban this share of the peers it knows within the window more likely has a fault of its own. */
const SHARE_PERCENT = 20
export const WINDOW_MS = 10 * 60_000
/** One peer is never a storm, however few there are. */
const LEAST = 2

/** What the breaker sees. */
export interface BanStorm {
  readonly open: boolean
  /** Peers that would be banned, or were, within the last 10 min. */
  readonly offenders: number
  /** Peers they are counted against. */
  readonly known: number
}

/**
 * Suspends bans while 20 % or more of the known peers would be banned within 10 min. Only peers that stayed for 10 min count:
 * newcomers could otherwise offend in numbers to earn immunity. While fewer than `minPeers` stayed that long, all count.
 */
export class CircuitBreaker {
  /** Offender to the time of its last offence. Holds known peers of 10 min only, so it is bounded by what can be connected in that time. */
  readonly #offenders: Map<string, number> = new Map()
  readonly #minPeers: number
  readonly #max: number

  constructor (minPeers: number, max: number) {
    this.#minPeers = minPeers
    this.#max = max
  }

  get size (): number { return this.#offenders.size }

  /** Notes a peer whose merit is below the threshold. `connected`: peer to the time it connected, ms. */
  note (peer: string, now: number, connected: ReadonlyMap<string, number>): void {
    if (!this.#known(now, connected).has(peer)) return
    this.#offenders.delete(peer)
    this.#offenders.set(peer, now)
    const [oldest] = this.#offenders.keys()
    if (oldest !== undefined && this.#offenders.size > this.#max) this.#offenders.delete(oldest)
  }

  state (now: number, connected: ReadonlyMap<string, number>): BanStorm {
    for (const [peer, at] of this.#offenders) if (Math.abs(now - at) >= WINDOW_MS) this.#offenders.delete(peer)
    const known = this.#known(now, connected)
    const offenders = this.#offenders.size
    // banned peers are gone, but they were there when the window began
    for (const peer of this.#offenders.keys()) known.add(peer)
    return { open: offenders >= LEAST && offenders * 100 >= known.size * SHARE_PERCENT, offenders, known: known.size }
  }

  #known (now: number, connected: ReadonlyMap<string, number>): Set<string> {
    const stayed = [...connected].filter(([, since]) => now - since >= WINDOW_MS)
    return new Set((stayed.length < this.#minPeers ? [...connected] : stayed).map(([peer]) => peer))
  }
}
