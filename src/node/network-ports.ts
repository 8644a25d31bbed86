import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { SERVICE } from '../../protocols/index.ts'
import type { MiningShare } from '../../protocols/index.ts'
import type { Announcer, BlockClient, TransactionClient } from '../chain/index.ts'
import { TosError } from '../errors/index.ts'
import type { TosServices } from './tos-node.ts'

/** The network as the chain sees it: by peer name, without libp2p. */
export interface NetworkPorts {
  readonly blocks: BlockClient
  readonly transactions: TransactionClient
  readonly announcer: Announcer
  /** Puts a share on the topic; returns how many peers it went to. */
  publishShare (share: MiningShare): Promise<number>
  /** Peers that subscribe to block or transaction announcements; none while the node is not running. */
  subscribers (topic: 'blockAnnounce' | 'txAnnounce'): string[]
  /** True when the peer has a session with us and says that it serves light clients. */
  servesLight (peer: string): boolean
  /** Connects the ports to the node, once it is made: the node's services need the chain, and the chain needs them. */
  bind (node: Libp2p<TosServices>): void
}

/** Ports that answer `NOT_STARTED` until they are bound. */
export function createNetworkPorts (): NetworkPorts {
  let node: Libp2p<TosServices> | undefined
  const services = (): TosServices => {
    if (node === undefined) throw new TosError('NOT_STARTED', 'the node is not started')
    return node.services
  }
  return {
    blocks: { request: async (peer, question, options) => services().blocks.request(peerIdFromString(peer), question, options) },
    transactions: { request: async (peer, question, options) => services().transactions.request(peerIdFromString(peer), question, options) },
    announcer: {
      async block (announce) { await services().blockAnnounce.publish(announce) },
      async transaction (announce) { await services().txAnnounce.publish(announce) }
    },
    publishShare: async share => services().miningShare.publish(share),
    // relays outlive the topics by a moment, and ask from their timers
    subscribers: topic => node?.status === 'started' ? [...node.services[topic].subscribers()] : [],
    servesLight: peer => ((node?.services.session.of(peerIdFromString(peer))?.hello.services ?? 0n) & SERVICE.lightServer) !== 0n,
    bind (started) { node = started }
  }
}
