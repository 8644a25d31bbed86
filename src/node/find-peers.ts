import type { Libp2p, PeerId } from '@libp2p/interface'
import { LRUCache } from 'lru-cache'
import { askForPeers } from '../../protocols/index.ts'
import { addDnsAnswers, walkDht } from '../discovery/index.ts'
import type { Candidates, DnsSeeds, PeerExchangePolicy } from '../discovery/index.ts'
import type { AddressBook, SearchNeed } from '../peers/index.ts'
import type { TosServices } from './tos-node.ts'

/** Pauses, ms, and while below the minimum. DNS answers change slowly; a walk costs others work. */
const DNS_EVERY = { ms: 300_000, urgentMs: 30_000 } as const
const WALK_EVERY = { ms: 60_000, urgentMs: 5000 } as const
const WALK_MS = 10_000
/** Walks in a row that met nobody new double the pause, this often at most: where there are few peers, more walks find no more. */
const MAX_DOUBLINGS = 4
/** How soon one peer is asked again, doubling each time: at first it may know nobody itself. Below the minimum never later than `urgentMs`. */
const ASK_AGAIN = { firstMs: 2000, mostMs: 600_000, urgentMs: 10_000 } as const
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
  /** Connected peers that may be asked for others. */
  readonly askable: () => PeerId[]
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

export function createFinder (node: Libp2p<TosServices>, { candidates, book, dns, exchange, askable, publicOnly, clock, wall, randomBytes }: FinderParts): Finder {
  const stopping = new AbortController()
  const asked = new LRUCache<string, { readonly at: number, readonly pauseMs: number }>({ max: MAX_ASKED })
  const last = { dns: -Infinity, walk: -Infinity }
  const busy = { dns: false, walk: false, asking: 0 }
  let fruitless = 0

  const fromBook = (count: number): number => {
    const exclude = new Set([node.peerId, ...node.getPeers()].map(String))
    for (const { key, addresses } of candidates.list()) for (const name of [key, ...addresses]) exclude.add(name)
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
    const before = new Set(candidates.list().map(({ key }) => key))
    try {
      await walkDht(node.peerRouting, candidates, { key: randomBytes(32), publicOnly, signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(WALK_MS)]) })
    } finally {
      busy.walk = false
      fruitless = candidates.list().every(({ key }) => before.has(key)) ? Math.min(fruitless + 1, MAX_DOUBLINGS) : 0
    }
  }
  const askPeers = (emergency: boolean): void => {
    const now = clock()
    for (const peer of askable()) {
      const name = peer.toString()
      const { at, pauseMs } = asked.get(name) ?? { at: -Infinity, pauseMs: ASK_AGAIN.firstMs / 2 }
      if (busy.asking >= ASK_AT_ONCE || node.services.session.of(peer) === undefined || now - at < Math.min(pauseMs, emergency ? ASK_AGAIN.urgentMs : ASK_AGAIN.mostMs)) continue
      asked.set(name, { at: now, pauseMs: Math.min(pauseMs * 2, ASK_AGAIN.mostMs) })
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
      const due = (since: number, { ms, urgentMs }: { ms: number, urgentMs: number }, times = 1): boolean => now - since >= times * (emergency ? urgentMs : ms)
      // what is on disk was met by ourselves, and nobody on the way can answer in its place
      const missing = wanted - open - (open < wanted ? fromBook(Math.min(PICKS, wanted - open)) : 0)
      if (missing > 0 && !busy.dns && due(last.dns, DNS_EVERY)) start(askDns)
      askPeers(emergency)
      // twenty peers work for one walk: only when those we have know nobody else
      if (missing > 0 && node.getPeers().length > 0 && busy.asking === 0 && !busy.walk && due(last.walk, WALK_EVERY, 2 ** fruitless)) start(walk)
    },
    stop () { stopping.abort() },
    dump: () => ({ asked: asked.size, asking: busy.asking })
  }
}
