import type { Libp2p, PeerId } from '@libp2p/interface'
import type { TransactionSource } from '../../protocols/index.ts'
import type { PeerExchangePolicy } from '../discovery/index.ts'
import { filterLinks } from '../gossip/index.ts'
import type { LinkFilter } from '../gossip/index.ts'
import type { TosServices } from './tos-node.ts'

/** The peers we dialled to exchange blocks only: links nobody finds by watching transactions spread or by asking for peers (SECURITY §3, eclipse). */
export interface BlocksOnly {
  /** From now on, until its last connection is gone. */
  add (peer: PeerId): void
  has (peer: PeerId): boolean
  /** Connects it to the node. Returns what ends that. */
  bind (node: Libp2p<TosServices>, failed: (error: unknown) => void): () => void
  /** Those of the connected peers that may be asked for other peers. */
  others (connected: readonly PeerId[]): PeerId[]
  /** Peer exchange that tells these peers nothing and takes nothing from them. */
  exchange (exchange: PeerExchangePolicy): PeerExchangePolicy
  /** Transactions, which these peers are not shown. */
  transactions<S extends TransactionSource> (source: S): S
  readonly size: number
}

/** As many as the topology has slots for (2), while they are connected. */
export function createBlocksOnly (): BlocksOnly {
  const peers = new Set<string>()
  const has = (peer: PeerId): boolean => peers.has(peer.toString())
  let links: LinkFilter | undefined
  let failed: (error: unknown) => void = () => {}
  return {
    has,
    add (peer) {
      peers.add(peer.toString())
      links?.apply(peer).catch(failed)
    },
    bind (node, onError) {
      const { blockAnnounce, pubsub } = node.services
      failed = onError
      links = filterLinks(pubsub, (peer, topic) => topic === blockAnnounce.topic || !peers.has(peer))
      const left = ({ detail }: CustomEvent<PeerId>): void => { peers.delete(detail.toString()) }
      node.addEventListener('peer:disconnect', left)
      return () => { node.removeEventListener('peer:disconnect', left) }
    },
    others: connected => connected.filter(peer => !has(peer)),
    exchange: exchange => ({
      ...exchange,
      sample: (max, context) => has(context.peer) ? [] : exchange.sample(max, context),
      received (records, context) { if (!has(context.peer)) exchange.received(records, context) }
    }),
    transactions: source => ({
      ...source,
      transactions: (question, context) => has(context.peer) ? { transactions: [], notFound: [...question.txHashes] } : source.transactions(question, context)
    }),
    get size () { return peers.size }
  }
}
