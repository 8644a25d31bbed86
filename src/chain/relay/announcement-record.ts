import { LRUCache } from 'lru-cache'

/** What became of each peer's announcements (SECURITY §3, announcements of nothing). */
export interface AnnouncementRecord {
  /** True when this one makes it more than half of the peer's last 200 that came to nothing; its record then starts anew. */
  note (peer: string, cameToSomething: boolean): boolean
  readonly size: number
}

const LAST = 200
/** Peers remembered, the most recent. */
const PEERS = 2048

interface Outcomes {
  /** 1 for nothing, in a ring. */
  readonly ring: Uint8Array
  seen: number
  nothing: number
}

export function createAnnouncementRecord (): AnnouncementRecord {
  const peers = new LRUCache<string, Outcomes>({ max: PEERS })
  return {
    note (peer, cameToSomething) {
      let outcomes = peers.get(peer)
      if (outcomes === undefined) peers.set(peer, outcomes = { ring: new Uint8Array(LAST), seen: 0, nothing: 0 })
      const at = outcomes.seen++ % LAST
      outcomes.nothing += (cameToSomething ? 0 : 1) - (outcomes.ring[at] as number)
      outcomes.ring[at] = cameToSomething ? 0 : 1
      if (outcomes.seen < LAST || outcomes.nothing * 2 <= LAST) return false
      peers.delete(peer)
      return true
    },
    get size () { return peers.size }
  }
}
