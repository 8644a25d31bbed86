import { LRUCache } from 'lru-cache'

/** Addresses a peer may still tell: `left` at the time `at`. */
interface Bucket { left: number, at: number }

/** How many addresses each peer may tell us (SECURITY.md §3, PEX poisoning). */
export interface AddressBudget {
  /** Takes up to `count` and returns how many there were. */
  take (peer: string, count: number, now: number): number
  /** Adds what a request of ours allows. */
  credit (peer: string, count: number, now: number): void
  readonly size: number
}

/** Addresses per ms that need no request: 0.1 per second. */
const PER_MS = 0.1 / 1000
/** A peer new to us may tell this much: who comes back under new names gains nothing. */
const FIRST = 1
/** Most that time alone brings together, and most there can be: one message, and one more that we asked for. */
const MAX_EARNED = 16
const MAX_LEFT = 32
/** Peers remembered; one forgotten starts with `FIRST` again. */
const MAX_PEERS = 4096

export function createAddressBudget (): AddressBudget {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_PEERS })
  const bucketOf = (peer: string, now: number): Bucket => {
    const bucket = buckets.get(peer) ?? { left: FIRST, at: now }
    buckets.set(peer, bucket)
    // what was credited beyond the earnings of time stays
    const earned = bucket.left + Math.max(0, now - bucket.at) * PER_MS
    bucket.left = Math.max(bucket.left, Math.min(earned, MAX_EARNED))
    bucket.at = Math.max(bucket.at, now)
    return bucket
  }
  return {
    take (peer, count, now) {
      const bucket = bucketOf(peer, now)
      const taken = Math.min(count, Math.floor(bucket.left))
      bucket.left -= taken
      return taken
    },
    credit (peer, count, now) {
      const bucket = bucketOf(peer, now)
      bucket.left = Math.min(bucket.left + count, MAX_LEFT)
    },
    get size () { return buckets.size }
  }
}
