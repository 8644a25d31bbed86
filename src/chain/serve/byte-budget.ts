import type { Clock } from '../clock.ts'

/** What one peer may be served. */
export interface ByteBudgetLimits {
  /** Bytes a second in the long run. */
  readonly bytesPerSecond: number
  /** Bytes at once, after a pause. */
  readonly burstBytes: number
  /** Peers remembered; whoever was served longest ago is forgotten first. */
  readonly peers: number
}

/** Bytes served to each peer, as a bucket that runs dry at a steady rate. */
export interface ByteBudget {
  readonly size: number
  allows (peer: string): boolean
  /** After the fact: the last answer may exceed the budget by its size. */
  charge (peer: string, bytes: number): void
}

export function createByteBudget (clock: Clock, { bytesPerSecond, burstBytes, peers }: ByteBudgetLimits): ByteBudget {
  const owed = new Map<string, { bytes: number, at: number }>()
  const left = (peer: string): number => {
    const entry = owed.get(peer)
    return entry === undefined ? 0 : Math.max(0, entry.bytes - (clock.now() - entry.at) / 1000 * bytesPerSecond)
  }
  return {
    get size () { return owed.size },
    allows: peer => left(peer) < burstBytes,
    charge (peer, bytes) {
      const total = left(peer) + bytes
      owed.delete(peer)
      owed.set(peer, { bytes: total, at: clock.now() })
      const oldest = owed.keys().next()
      if (owed.size > peers && oldest.done !== true) owed.delete(oldest.value)
    }
  }
}
