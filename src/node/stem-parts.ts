import { randomInt } from 'node:crypto'
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { SERVICE } from '../../protocols/index.ts'
import type { TxStemService } from '../../protocols/index.ts'
import type { Ledger, Penalise } from '../chain/index.ts'
import { COVER, createCover, createStem, createStemLinks, createStemPairs, createStemRouter, STEM } from '../gossip/stem/index.ts'
import type { CoverTraffic, Random, StemClock, StemPairs, StemPeer } from '../gossip/stem/index.ts'
import type { NodeEventHub } from '../monitor/index.ts'
import { groupKey, ipOf, isPublicIp } from '../peers/net/index.ts'
import { toHex } from '../wire/index.ts'
import type { ChainParts } from './chain-parts.ts'
import type { TosServices } from './tos-node.ts'
import { isPublicNetwork } from './transport/index.ts'

/** Time and chance of the stem phase. */
export interface StemTime {
  readonly clock: StemClock
  readonly random: Random
}

export interface StemPartsDeps {
  readonly network: string
  readonly coverTraffic: CoverTraffic
  readonly ledger: Ledger
  readonly chain: Pick<ChainParts, 'mempool' | 'transactionRelay'>
  readonly hub: NodeEventHub
  /** Peers whose links carry blocks only. */
  readonly blocksOnly: { has (peer: PeerId): boolean }
  readonly penalise: Penalise
  readonly onError: (error: unknown) => void
  /** Default: the machine's own. */
  readonly time?: StemTime | undefined
}

/** Stems and cover traffic of one node. They have no `dump()`: a stem transaction is not even counted. */
export interface StemParts {
  /** Takes what peers send along. */
  readonly service: TxStemService
  /** Pools and announces a transaction of our own, or sends it along a stem when its privacy level asks for that. Throws what `Mempool.add` and `Stem.submit` throw. */
  submit (data: Uint8Array): Promise<Uint8Array>
  /** The nonce of the sender's next transaction, those of our own that are still on their stems included. */
  nextNonce (sender: Uint8Array): bigint
  /** Connects it to the started node. Returns what ends it. */
  bind (node: Libp2p<TosServices>): () => void
}

/** The machine's own time, and chance nobody can foretell. */
const SYSTEM: StemTime = {
  clock: {
    now: () => performance.now(),
    after (ms, run) {
      const timer = setTimeout(run, ms)
      return () => { clearTimeout(timer) }
    }
  },
  random: () => randomInt(2 ** 32) / 2 ** 32
}

/** Wires the stem policies to chain and network. Nothing is sent before `bind`. */
export function createStemParts ({ network, coverTraffic, ledger, chain: { mempool, transactionRelay }, hub, blocksOnly, penalise, onError, time: { clock, random } = SYSTEM }: StemPartsDeps): StemParts {
  const cells = COVER[coverTraffic]
  const groupsCount = isPublicNetwork(network)
  const pairs = new WeakMap<Connection, StemPairs>()
  let node: Libp2p<TosServices> | undefined

  const group = (connection: Connection): string | undefined => {
    const ip = ipOf(connection.remoteAddr.toString())
    if (!groupsCount && ip !== undefined && !isPublicIp(ip)) return undefined
    return ip === undefined ? 'unknown' : groupKey(ip)
  }
  /** Peers we dialled, under a session, that take transactions. Whoever dialled us chose us: never a stem. */
  const candidates = (): StemPeer[] => (node?.status === 'started' ? node.getConnections() : []).flatMap(connection => {
    const { remotePeer, direction, status, limits } = connection
    if (direction !== 'outbound' || status !== 'open' || limits !== undefined || blocksOnly.has(remotePeer)) return []
    const session = node?.services.session.of(connection)
    return session === undefined || (session.hello.services & SERVICE.tx) === 0n ? [] : [{ peer: remotePeer.toString(), group: group(connection) }]
  })
  const links = createStemLinks({
    paced: cells?.paced ?? false,
    open: async peer => (node as Libp2p<TosServices>).services.txStem.open(peerIdFromString(peer))
  })
  const announce = async (data: Uint8Array, own: boolean): Promise<Uint8Array> => {
    const { id } = await transactionRelay.submit(data)
    if (own) hub.emit({ event: 'transaction', id: toHex(id), origin: 'local' })
    return id
  }
  const stem = createStem({
    clock, random, penalise, onError,
    router: createStemRouter({ now: clock.now, random, peers: candidates }),
    check: data => ledger.checkTransaction(data),
    known: async id => mempool.has(id) || await ledger.transaction(id) !== undefined,
    nextNonce: sender => ledger.nextNonce(sender),
    send: (peer, announcement, data) => links.send(peer, announcement, data),
    fluff: async (data, own) => { await announce(data, own) }
  })
  const cover = cells === undefined ? undefined : createCover({
    clock, random, meanMs: cells.meanMs, links: () => candidates().map(({ peer }) => peer),
    // a link that breaks is no news here, and the next cell finds out by itself
    cell: peer => { links.cell(peer).catch(() => {}) }
  })
  const left = ({ detail }: CustomEvent<PeerId>): void => { links.left(detail.toString()) }

  return {
    service: {
      stem (message, { peer, connection }) {
        if (blocksOnly.has(peer)) return undefined
        const pairing = pairs.get(connection) ?? createStemPairs()
        pairs.set(connection, pairing)
        const paired = pairing.take(message)
        return paired === undefined ? undefined : stem.received(paired.announce, paired.data, peer.toString())
      }
    },
    async submit (data) {
      const { id, privacyLevel } = ledger.checkTransaction(data)
      return privacyLevel >= STEM.fromLevel && !mempool.has(id) ? stem.submit(data) : announce(data, true)
    },
    nextNonce: sender => stem.nextNonce(sender, mempool.nextNonce(sender)),
    bind (libp2p) {
      node = libp2p
      libp2p.addEventListener('peer:disconnect', left)
      cover?.start()
      return () => {
        cover?.stop()
        stem.stop()
        links.stop()
        libp2p.removeEventListener('peer:disconnect', left)
      }
    }
  }
}
