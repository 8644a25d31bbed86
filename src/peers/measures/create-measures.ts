import { LRUCache } from 'lru-cache'
import type { PeerFacts } from './facts.ts'
import { PeerRecord } from './peer-record.ts'

/** Past peers remembered: as many as the dialler has records of peers that matter. */
const MAX_PAST = 1024

/** What a node measured of its peers, by peer id in text. */
export interface PeerMeasures {
  /** Everything known of a peer, connected or remembered; undefined: nothing. */
  of (peer: string): PeerFacts | undefined
  /** A session with the peer stands; told again for a further connection, it changes nothing. */
  connected (peer: string): void
  /** The last connection to it is gone: its record joins the past ones, of which the oldest are forgotten. */
  disconnected (peer: string): void
  /** It answered a ping; `rttMs` only when the time can be believed. */
  ponged (peer: string, rttMs: number | undefined): void
  /** It did not answer a ping. Returns how many in a row. */
  missed (peer: string): number
  /** A dial of it went through, or failed. */
  dialled (peer: string, answered: boolean): void
  /** It answered a request of ours with something. */
  served (peer: string, bytes: number, tookMs: number): void
  /** It did not answer a request of ours in time. */
  unserved (peer: string): void
  /** It was the first to bring something new and valid. */
  useful (peer: string, what: 'block' | 'transaction'): void
  /** Sizes of its tables. */
  dump (): Record<string, number>
}

/**
 * A bounded table: connected peers, as many as there are connections, and a cache of past ones. Who never had a session with us gets no
 * place among the connected, and only a dial of ours one among the past. `clock`: monotonic ms.
 */
export function createPeerMeasures ({ clock }: { readonly clock: () => number }): PeerMeasures {
  const present = new Map<string, PeerRecord>()
  const past = new LRUCache<string, PeerRecord>({ max: MAX_PAST })
  const known = (peer: string): PeerRecord | undefined => present.get(peer) ?? past.get(peer)
  return {
    of: peer => known(peer)?.facts(clock()),
    connected (peer) {
      const record = known(peer) ?? new PeerRecord()
      past.delete(peer)
      present.set(peer, record)
      record.connected(clock())
    },
    disconnected (peer) {
      const record = present.get(peer)
      if (record === undefined) return
      record.disconnected(clock())
      present.delete(peer)
      past.set(peer, record)
    },
    ponged (peer, rttMs) { known(peer)?.ponged(rttMs) },
    missed: peer => known(peer)?.missed() ?? 0,
    dialled (peer, answered) {
      const record = known(peer) ?? new PeerRecord()
      record.dialled(answered)
      if (!present.has(peer)) past.set(peer, record)
    },
    served (peer, bytes, tookMs) { known(peer)?.served(bytes, tookMs) },
    unserved (peer) { known(peer)?.unserved() },
    useful (peer, what) {
      const record = known(peer)
      if (record === undefined) return
      if (what === 'block') record.lastBlockAt = clock()
      else record.lastTransactionAt = clock()
    },
    dump: () => ({ present: present.size, past: past.size })
  }
}
