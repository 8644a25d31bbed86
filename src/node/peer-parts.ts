import { randomBytes, randomInt } from 'node:crypto'
import { join } from 'node:path'
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { Config } from '../config/index.ts'
import { createCandidates, createDnsSeeds, createPeerExchangePolicy, createSeedPins, fromPeerDiscovery, kindOf, seedUnreached } from '../discovery/index.ts'
import type { Candidate, DiscoverySnapshot, Origin, PeerEvents, PeerExchangePolicy } from '../discovery/index.ts'
import { GOODBYE_REASON } from '../../protocols/index.ts'
import { TosError, toTosError } from '../errors/index.ts'
import { createAddressBook, createPeerManager } from '../peers/index.ts'
import type { KnownCandidate, PeerManager, SearchNeed } from '../peers/index.ts'
import { createCallers, withCallers } from './callers.ts'
import type { Callers } from './callers.ts'
import { createBlocksOnly } from './blocks-only.ts'
import type { BlocksOnly } from './blocks-only.ts'
import { createFinder } from './find-peers.ts'
import type { NodeBase } from './open-base.ts'
import { bookFile, seedPinFile } from './peer-files.ts'
import { refusePeer } from './refuse-peer.ts'
import type { TosServices } from './tos-node.ts'
import { isPublicNetwork } from './transport/index.ts'

/** How often a changed book is saved, ms. */
const SAVE_EVERY_MS = 180_000

/** Discovery, address book and dialler of one node. */
export interface PeerParts {
  /** Peers dialled for their blocks only. */
  readonly blocksOnly: BlocksOnly
  /** Answers PEER_EXCHANGE and takes what it brings. */
  readonly exchange: PeerExchangePolicy
  /** Listens to a discovery module of libp2p, which knows what the node's own events do not: who found the peer. */
  watch (module: object): void
  /** Makes the dialler of a started libp2p. `failed` is told about every dial that failed. */
  connect (node: Libp2p<TosServices>, failed: (what: string, error: unknown) => void): PeerManager
  /** We and `peer` part, one of us saying GOODBYE with `reason`. */
  parted (peer: string, reason: number): void
  /** For `tosd discover`. */
  snapshot (): DiscoverySnapshot
  dump (): Record<string, number>
}

/** What the guard knows about peers, as far as it is there. */
export type PeerJudge = Partial<Pick<Parameters<typeof createPeerManager>[1], 'score' | 'banned' | 'spared' | 'measured' | 'dialled'>>

/** Opens the address book and the candidates; nothing is asked or dialled before `connect(…).start()`. Throws `CONFIG_INVALID` for a DNS seed that is none. */
export function createPeerParts (config: Config, { privateKey, onError }: Pick<NodeBase, 'privateKey' | 'onError'>, judge: PeerJudge = {}): PeerParts {
  const { network, peers, limits } = config
  const publicOnly = isPublicNetwork(network)
  const self = peerIdFromPrivateKey(privateKey).toString()
  const wall = Date.now
  const clock = (): number => performance.now()
  const random = (): number => randomInt(2 ** 32) / 2 ** 32
  const candidates = createCandidates({ self, clock: { now: wall } })
  const book = createAddressBook({ store: bookFile(join(config.dataDir, 'peers-book.bin')), random, randomBytes, publicOnly })
  if (book.problem !== undefined) onError(book.problem)
  const seeds = [...config.bootstrap, ...config.dhtBootstrap]
  const pins = createSeedPins({ operator: [...seeds, ...peers.static], clock: wall, store: seedPinFile(join(config.dataDir, 'seed-pins.json'), onError) })
  const dns = createDnsSeeds({ names: config.dnsSeeds, servers: config.dnsServers, network, publicOnly, clock: { now: wall, after } })
  let node: Libp2p<TosServices> | undefined
  let manager: PeerManager | undefined
  let callers: Callers | undefined
  const blocksOnly = createBlocksOnly()
  const endings: Array<() => void> = []

  const exchange = createPeerExchangePolicy({
    self, publicOnly, clock: wall,
    sample (max) {
      const met = book.sample(max, ({ peer }) => peer !== undefined, wall()).flatMap(({ peer, address, nodeType, services, lastSeen }) => peer === undefined ? [] : [{ peer, addresses: [address], nodeType, services, lastSeen }])
      return withCallers(met, callers?.list() ?? [], random)
    },
    told (origin, hints, refused) {
      candidates.refused(origin, refused)
      for (const hint of hints) candidates.add(origin, hint)
    }
  })

  /** Whom the book shall hold responsible: of a peer its address, for it chooses its ids. */
  const bookSource = (origin: Origin): string => {
    const teller = kindOf(origin) === 'exchange' ? origin.slice('exchange:'.length) : undefined
    const connection = teller === undefined ? undefined : node?.getConnections().find(({ remotePeer }) => remotePeer.toString() === teller)
    return connection?.remoteAddr.toString() ?? (teller === undefined ? origin : 'exchange')
  }
  const note = ({ origins, addresses, services, nodeType }: Candidate): void => {
    const [origin] = origins
    if (origin === undefined || ['anchor', 'book'].includes(kindOf(origin))) return
    book.add(addresses.map(address => ({ address, services, nodeType })), bookSource(origin), wall())
  }
  const proved = ({ peer: wanted, origins }: KnownCandidate, address: string, peer: string): boolean => {
    if (wanted !== undefined) return true
    const [origin = 'bootstrap'] = origins as readonly Origin[]
    const seed = origins.some(name => /^(?:operator|bootstrap|dns)/.test(name))
    const verdict = seed ? attempt(() => pins.met(address, peer), onError) : undefined
    if (verdict?.warning !== undefined) onError(verdict.warning)
    if (verdict?.accept === false) return false
    candidates.add(origin, { peer, addresses: [address] })
    return true
  }
  const begin = (): void => {
    for (const { address, peer } of book.takeAnchors()) candidates.add('anchor', { peer, addresses: [address] })
    for (const address of peers.static) candidates.add(`operator:${address}`, { addresses: [address] })
    for (const address of seeds) candidates.add(`bootstrap:${address}`, { addresses: [address] })
  }

  return {
    blocksOnly,
    exchange: blocksOnly.exchange(exchange),
    watch (module) {
      if (!String(module).includes('mdns')) return
      // what it finds is near by nature, on every network
      endings.push(fromPeerDiscovery(module as PeerEvents<'peer'>, candidates, { event: 'peer', origin: 'mdns', publicOnly: false }))
    },
    connect (libp2p, failed) {
      node = libp2p
      const { services } = libp2p
      const finder = createFinder(libp2p, { candidates, book, dns, exchange, askable: () => blocksOnly.others(libp2p.getPeers()), publicOnly, clock, wall, randomBytes })
      const here = callers = createCallers(libp2p, wall, ({ addresses: [address = ''], services: offers, nodeType }) => { book.add([{ address, services: offers, nodeType }], address, wall()) })
      endings.push(callers.stop, fromPeerDiscovery(services.dht as unknown as PeerEvents<'peer'>, candidates, { event: 'peer', origin: 'dht', publicOnly }), candidates.subscribe(note), () => { finder.stop() })
      endings.push(blocksOnly.bind(libp2p, onError))
      const made = createPeerManager(libp2p, {
        blocksOnly: blocksOnly.add, isHere: here.has,
        ...judge, book, clock, wall, random, failed, dialTimeoutMs: limits.dialTimeoutMs, staleTipMs: peers.staleTipMs, exemptPrivate: !publicOnly, pubsub: services.pubsub,
        // who runs a private network runs its seeds too, and often there is but one
        limits: { min: peers.min, target: peers.target, max: peers.max, ...(publicOnly ? {} : { seedShare: 1000, sourceShare: 1000 }) },
        dials: { parallel: Math.min(4, limits.parallelDials), emergencyParallel: limits.parallelDials },
        candidates: { list: candidates.list, subscribe: candidates.subscribe, remove: candidates.remove, proved, unreached: (known, error) => { seedUnreached(candidates, known, error) }, search: (need: SearchNeed) => { finder.search(need) } },
        ready: async connection => (await services.session.ready(connection)).hello,
        part: async (connection, reason) => refusePeer(connection, libp2p.peerId, network, farewell(reason)),
        schedule: (run, ms) => after(ms, run)
      })
      const save = (): void => { if (book.dirty) attempt(() => { book.save() }, onError) }
      let timer: NodeJS.Timeout | undefined
      manager = {
        ...made,
        start () {
          begin()
          timer = setInterval(save, SAVE_EVERY_MS)
          timer.unref()
          made.start()
        },
        stop () {
          clearInterval(timer)
          made.stop()
          for (const end of endings.splice(0)) end()
          save()
        },
        dump: () => ({ ...made.dump(), ...finder.dump() })
      }
      return manager
    },
    parted: (peer, reason) => { manager?.parted(peer, reason) },
    snapshot: candidates.snapshot,
    dump: () => ({ ...book.counts(), ...exchange.dump(), blocksOnly: blocksOnly.size, callers: callers?.size ?? 0, pins: pins.pins().length })
  }
}

function farewell (reason: number): TosError {
  return reason === GOODBYE_REASON.duplicateConnection
    ? new TosError('DUPLICATE_CONNECTION', 'another connection to you stays')
    : new TosError('BUSY', 'there are enough peers')
}

/** Calls back after `ms`; the returned function calls it off. */
function after (ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => { clearTimeout(timer) }
}

function attempt<T> (work: () => T, failed: (error: unknown) => void): T | undefined {
  try {
    return work()
  } catch (error) {
    failed(toTosError(error))
    return undefined
  }
}
