import type { Connection } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { LRUCache } from 'lru-cache'
import { createSharePool } from '../chain/index.ts'
import type { Penalise, SharePool } from '../chain/index.ts'
import type { Config } from '../config/index.ts'
import { GOODBYE_REASON } from '../../protocols/index.ts'
import { TosError } from '../errors/index.ts'
import { CORRUPT_STRIKES, createKernel, sealedAndPlainCarriers, sealedCarriers } from '../protocol/index.ts'
import type { Kernel } from '../protocol/index.ts'
import type { Guard } from '../peers/guard/index.ts'
import { ipOf } from '../peers/net/index.ts'
import { createPeerMeasures, createTrafficMeter } from '../peers/measures/index.ts'
import type { PeerMeasures, TrafficMeter } from '../peers/measures/index.ts'
import type { Sessions } from '../secure/index.ts'
import { createChainParts } from './chain-parts.ts'
import type { ChainParts } from './chain-parts.ts'
import { createNodeGuard } from './guard-parts.ts'
import { measuredAnswers } from './measured-answers.ts'
import { createNetworkPorts } from './network-ports.ts'
import type { NetworkPorts } from './network-ports.ts'
import type { NodeBase } from './open-base.ts'
import { createPeerParts } from './peer-parts.ts'
import type { PeerParts } from './peer-parts.ts'
import { goodbyeReason, refusePeer } from './refuse-peer.ts'
import { noteUse, rewardFinds, rewardRelays } from './rewards.ts'
import { createNodeSessions } from './session-parts.ts'
import { createPendingServices } from './pending-services.ts'
import type { PendingServices } from './pending-services.ts'
import { builtinDefinitions } from './services.ts'
import type { Definitions } from './services.ts'
import { createStemParts } from './stem-parts.ts'
import type { StemParts, StemTime } from './stem-parts.ts'
import { goodbyeText } from './watch-node.ts'

/** Peers whose last words are remembered until their connection is gone. */
const MAX_GOODBYES = 1000
/** Its frames are not counted: that would tell when a transaction went by. */
const STEM_STREAM = /\/tx-stem\//

/** What speaks to the network, before there is one. */
export interface NetworkParts {
  readonly kernel: Kernel
  readonly sessions: Sessions
  readonly ports: NetworkPorts
  readonly chain: ChainParts
  /** The built-in protocols and topics, wired to the chain. */
  readonly definitions: Definitions
  /** Services whose decisions are not built yet, with what they counted. */
  readonly pending: PendingServices
  /** What becomes of mining shares. */
  readonly shares: SharePool
  /** The private part of transaction relay. */
  readonly stem: StemParts
  /** Discovery, address book and dialler. */
  readonly peers: PeerParts
  /** Scores, bans and limits of peers. */
  readonly guard: Guard
  /** What was measured of peers, and the frames exchanged with them. */
  readonly measures: PeerMeasures
  readonly traffic: TrafficMeter
  /** What each peer said when it left. */
  readonly goodbyes: LRUCache<string, string>
}

/** Creates kernel and chain, and the definitions that join them. Opens nothing. */
export function createNetworkParts (config: Config, base: NodeBase, stemTime?: StemTime): NetworkParts {
  const { ledger, hub, minerKey, onError } = base
  const { network, limits, profile, mineIntervalMs, plain } = config
  const ports = createNetworkPorts()
  const localPeer = peerIdFromPrivateKey(base.privateKey)
  const refuse = (connection: Connection, error: TosError): void => {
    // a path that fell silent in the middle of a handshake is no fault of the peer's: it counts as lost
    if (error.code !== 'HANDSHAKE_TIMEOUT') peers.parted(connection.remotePeer.toString(), goodbyeReason(error.code))
    void refusePeer(connection, localPeer, network, error)
  }
  const guard = createNodeGuard(config, hub, refuse)
  const clock = (): number => performance.now()
  const measures = createPeerMeasures({ clock })
  const traffic = createTrafficMeter({ clock })
  const found = rewardFinds(guard.record)
  const peers = createPeerParts(config, base, {
    score: guard.score, banned: peer => guard.isBanned(peer) !== undefined, spared: ({ remotePeer, remoteAddr }) => guard.isWhitelisted(remotePeer.toString(), ipOf(remoteAddr.toString())), measured: measures.of,
    dialled (peer, answered, origins) {
      measures.dialled(peer, answered)
      found(peer, answered, origins)
    }
  })
  const sessions = createNodeSessions(config, base, refuse)
  const carriers = (plain ? sealedAndPlainCarriers : sealedCarriers)(sessions, Date.now)
  const metered = traffic.carriers(carriers)
  const kernel = createKernel({
    network,
    carriers: id => STEM_STREAM.test(id) ? carriers(id) : metered(id),
    streamsPerProtocol: limits.streamsPerProtocol,
    corruptStrikes: profile === 'tos-spec' ? 1 : CORRUPT_STRIKES,
    streamTimes: { firstFrameMs: limits.firstHeaderTimeoutMs, minBytesPerSecond: limits.minBytesPerSecond, frameMs: limits.frameTimeoutMs }
  })
  kernel.incidents.listen(guard.incident)
  const penalise: Penalise = (peer, code) => { kernel.incidents.report({ code, peer, protocol: 'chain', error: new TosError(code, `${peer} broke a rule of the chain`) }) }
  const chain = createChainParts({
    ledger, hub, minerKey, mineIntervalMs, onError,
    ports: { ...ports, ...measuredAnswers(ports, { measures, reward: guard.record, clock }) },
    penalise
  })
  const shares = createSharePool({ network, publish: ports.publishShare, hasBlock: hash => ledger.has(hash), penalise })
  const stem = createStemParts({ network, coverTraffic: config.coverTraffic, ledger, chain, hub, blocksOnly: peers.blocksOnly, penalise, onError, time: stemTime })
  const goodbyes = new LRUCache<string, string>({ max: MAX_GOODBYES })
  const pending = createPendingServices()
  const relays = rewardRelays(chain, { hasBlock: hash => ledger.has(hash), hasTransaction: hash => chain.mempool.get(hash) !== undefined }, noteUse(measures, guard.record))
  const definitions = builtinDefinitions({ source: peers.blocksOnly.transactions(chain.source), ...relays }, { votes: pending.votes, shares, stems: stem.service }, peers.exchange, {
    goodbye ({ reason, text }, peer) {
      // the peer stays, on its other connection
      if (reason !== GOODBYE_REASON.duplicateConnection) goodbyes.set(peer, goodbyeText(reason, text))
      peers.parted(peer, reason)
    }
  })
  return { kernel, sessions, ports, chain, definitions, pending, shares, stem, peers, guard, measures, traffic, goodbyes }
}
