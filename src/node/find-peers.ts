import type { Libp2p } from '@libp2p/interface'
import { LRUCache } from 'lru-cache'
import { askForPeers } from '../../protocols/index.ts'
import { addDnsAnswers, walkDht } from '../discovery/index.ts'
import type { Candidates, DnsSeeds, PeerExchangePolicy } from '../discovery/index.ts'
import type { AddressBook, SearchNeed } from '../peers/index.ts'
import type { TosServices } from './tos-node.ts'

/** Pauses, ms, and while below the minimum. DNS answers change slowly; a walk costs others work. */
const DNS_EVERY = { ms: 300_000, urgentMs: 30_000 } as const
const WALK_EVERY = { ms: 30_000, urgentMs: 5000 } as const
const WALK_MS = 10_000
/** How often one peer is asked for others, and how many are at a time. */
const ASK_EVERY_MS = 600_000
const ASK_AT_ONCE = 4
const ASK_PEERS = 16
/** Entries of the book brought up at a time. */
const PICKS = 16
const MAX_ASKED = 1000

/** What `createFinder` asks. */
export interface FinderParts {
  readonly candidates: Candidates
  readonly book: AddressBook
  readonly dns: DnsSeeds
  readonly exchange: PeerExchangePolicy
  readonly publicOnly: boolean
  /** Monotonic and Unix ms. */
  readonly clock: () => number
  readonly wall: () => number
  readonly randomBytes: (length: number) => Uint8Array
}

/** Asks sources for candidates when peers are missing: the book at once, then DNS, peers we have, and the DHT. */
export interface Finder {
  search (need: SearchNeed): void
  stop (): void
  dump (): Record<string, number>
}

export function createFinder (node: Libp2p<TosServices>, { candidates, book, dns, exchange, publicOnly, clock, wall, randomBytes }: FinderParts): Finder {
  const stopping = new AbortController()
  const asked = new LRUCache<string, number>({ max: MAX_ASKED })
  const last = { dns: -Infinity, walk: -Infinity }
  const busy = { dns: false, walk: false, asking: 0 }

  const fromBook = (count: number): number => {
    const exclude = new Set([node.peerId.toString(), ...node.getPeers().map(String), ...candidates.list().flatMap(({ key, addresses }) => [key, ...addresses])])
    let picked = 0
    for (; picked < count; picked++) {
      const entry = book.pick({ exclude }, wall())
      if (entry === undefined) break
      exclude.add(entry.address)
      candidates.add('book', { ...(entry.peer === undefined ? {} : { peer: entry.peer }), addresses: [entry.address], nodeType: entry.nodeType, services: entry.services })
    }
    return picked
  }
  const askDns = async (): Promise<void> => {
    busy.dns = true
    last.dns = clock()
    try {
      addDnsAnswers(candidates, await dns.lookup(stopping.signal))
    } finally {
      busy.dns = false
    }
  }
  const walk = async (): Promise<void> => {
    busy.walk = true
    last.walk = clock()
    try {
      await walkDht(node.peerRouting, candidates, { key: randomBytes(32), publicOnly, signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(WALK_MS)]) })
    } finally {
      busy.walk = false
    }
  }
  const askPeers = async (): Promise<void> => {
    const now = clock()
    for (const peer of node.getPeers()) {
      const name = peer.toString()
      if (busy.asking >= ASK_AT_ONCE || node.services.session.of(peer) === undefined || now - (asked.get(name) ?? -Infinity) < ASK_EVERY_MS) continue
      asked.set(name, now)
      busy.asking++
      node.services.peerExchange.request(peer, askForPeers(ASK_PEERS), { signal: stopping.signal })
        .then(({ peers }) => { exchange.answered(name, peers) }, (error: unknown) => { candidates.failed(`exchange:${name}`, error) })
        .finally(() => { busy.asking-- })
    }
  }
  const start = (work: () => Promise<void>): void => {
    work().catch((error: unknown) => { if (!stopping.signal.aborted) candidates.failed('dht', error) })
  }

  return {
    search ({ wanted, emergency, open }) {
      if (wanted === 0 || stopping.signal.aborted) return
      const now = clock()
      const due = (since: number, { ms, urgentMs }: { ms: number, urgentMs: number }): boolean => now - since >= (emergency ? urgentMs : ms)
      // what is on disk was met by ourselves, and nobody on the way can answer in its place
      const missing = wanted - open - (open < wanted ? fromBook(Math.min(PICKS, wanted - open)) : 0)
      if (missing > 0 && !busy.dns && due(last.dns, DNS_EVERY)) start(askDns)
      start(askPeers)
      if (node.getPeers().length > 0 && !busy.walk && due(last.walk, WALK_EVERY)) start(walk)
    },
    stop () { stopping.abort() },
    dump: () => ({ asked: asked.size, asking: busy.asking })
  }
}
