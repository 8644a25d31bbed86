import { LRUCache } from 'lru-cache'
import { IDS_PER_ADDRESS } from './ban-terms.ts'

/** Addresses looked at; beyond it the one without a new ban for longest is forgotten. */
const MAX_ADDRESSES = 1024

/** Counts the banned peer ids behind each address. Keeps six at most for each: more are not needed to decide. */
export class SharedAddresses {
  readonly #banned: LRUCache<string, Map<string, number>> = new LRUCache({ max: MAX_ADDRESSES })

  get size (): number { return this.#banned.size }

  /** Notes that a peer behind an address is banned until a time; true when more than five are at `now`. */
  add (address: string, peer: string, until: number, now: number): boolean {
    const peers = this.#banned.get(address) ?? new Map<string, number>()
    for (const [other, end] of peers) if (end <= now) peers.delete(other)
    if (peers.size <= IDS_PER_ADDRESS) peers.set(peer, until)
    this.#banned.set(address, peers)
    return peers.size > IDS_PER_ADDRESS
  }

  /** A pardoned peer counts no more. */
  delete (address: string, peer: string): void {
    this.#banned.get(address)?.delete(peer)
  }

  /** Forgets what led to the ban of an address. */
  clear (address: string): void {
    this.#banned.delete(address)
  }
}
