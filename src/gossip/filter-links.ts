import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { PeerId } from '@libp2p/interface'
import { TosError } from '../errors/index.ts'

/** True when messages of `topic` may go between us and `peer`. */
export type LinkRule = (peer: string, topic: string) => boolean

interface TopicItem { readonly topic?: string }
interface ControlItem { readonly topicID?: string }

/** The parts of an RPC that belong to a topic. */
interface Rpc {
  readonly subscriptions?: readonly TopicItem[]
  readonly messages?: readonly TopicItem[]
  readonly control?: { readonly ihave?: readonly ControlItem[], readonly graft?: readonly ControlItem[] }
}

/** GossipSub members that exist at run time and are missing from its published interface. */
interface Untyped {
  handleReceivedRpc (from: PeerId, rpc: Rpc): Promise<void>
  handleReceivedSubscription (from: PeerId, topic: string, subscribe: boolean): boolean
  sendSubscriptions (to: string, topics: string[], subscribe: boolean): void
  sendPrune (to: string, topic: string): Promise<void>
  readonly mesh: ReadonlyMap<string, Set<string>>
}

/** Keeps topics off single links. */
export interface LinkFilter {
  /** The rule has changed for a connected peer: it learns that we do not take those topics, and leaves their meshes. */
  apply (peer: PeerId): Promise<void>
}

/**
 * GossipSub with a rule for each link. Towards a peer to whom a topic is closed we look like a node that never subscribed to it, and what it
 * sends of that topic all the same is dropped unseen, so that it silences nobody who brings the same later. Its subscription is not taken,
 * hence nothing is forwarded, announced (IHAVE) or flooded to it. Throws `INTERNAL` when the library lacks a member.
 */
export function filterLinks (pubsub: GossipSub, isOpen: LinkRule): LinkFilter {
  const gossip = pubsub as GossipSub & Untyped
  for (const name of ['handleReceivedRpc', 'handleReceivedSubscription', 'sendSubscriptions', 'sendPrune'] as const) {
    if (typeof gossip[name] !== 'function') throw new TosError('INTERNAL', `GossipSub has no ${name} any more`)
  }
  const receive = gossip.handleReceivedRpc.bind(gossip)
  const subscribe = gossip.sendSubscriptions.bind(gossip)
  gossip.handleReceivedRpc = (from, rpc) => receive(from, openPart(rpc, topic => isOpen(from.toString(), topic)))
  gossip.sendSubscriptions = (to, topics, on) => {
    const told = on ? topics.filter(topic => isOpen(to, topic)) : topics
    if (told.length > 0) subscribe(to, told, on)
  }
  return {
    async apply (peer) {
      const to = peer.toString()
      const closed = pubsub.getTopics().filter(topic => !isOpen(to, topic))
      if (closed.length === 0) return
      subscribe(to, closed, false)
      for (const topic of closed) {
        gossip.handleReceivedSubscription(peer, topic, false)
        // it may have us in its mesh though it is not in ours
        gossip.mesh.get(topic)?.delete(to)
        await gossip.sendPrune(to, topic)
      }
    }
  }
}

function openPart (rpc: Rpc, isOpen: (topic: string) => boolean): Rpc {
  const ofTopic = ({ topic }: TopicItem): boolean => topic === undefined || isOpen(topic)
  const ofControl = ({ topicID }: ControlItem): boolean => topicID === undefined || isOpen(topicID)
  const { subscriptions, messages, control } = rpc
  return {
    ...rpc,
    ...(subscriptions === undefined ? {} : { subscriptions: subscriptions.filter(ofTopic) }),
    ...(messages === undefined ? {} : { messages: messages.filter(ofTopic) }),
    ...(control === undefined ? {} : { control: { ...control, ...(control.ihave === undefined ? {} : { ihave: control.ihave.filter(ofControl) }), ...(control.graft === undefined ? {} : { graft: control.graft.filter(ofControl) }) } })
  }
}
