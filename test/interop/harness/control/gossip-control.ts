import type { GossipSub, PublishResult } from '@chainsafe/libp2p-gossipsub'
import type { GossipControl } from './control-peer.ts'

/** Members GossipSub has at run time and does not publish. */
interface Untyped {
  publish (topic: string, data: Uint8Array): Promise<PublishResult>
  getMeshPeers (topic: string): string[]
  getScore (peer: string): number
}

/** GossipSub of a stock node: every message is delivered as it comes. */
export function gossipControl (pubsub: GossipSub): GossipControl {
  const untyped = pubsub as GossipSub & Untyped
  return {
    subscribe (topic, deliver) {
      pubsub.subscribe(topic)
      pubsub.addEventListener('gossipsub:message', ({ detail: { msg } }) => {
        if (msg.topic === topic) deliver(msg.data, msg.type === 'signed' ? msg.from.toString() : undefined)
      })
    },
    publish: async (topic, data) => (await untyped.publish(topic, data)).recipients.length,
    mesh: topic => untyped.getMeshPeers(topic),
    subscribers: topic => pubsub.getSubscribers(topic).map(String),
    score: peer => untyped.getScore(peer),
    notWanted: () => notWanted(pubsub)
  }
}

/** Messages that others asked not to be sent, which the library keeps for some heartbeats, by peer and message id. */
export function notWanted (pubsub: GossipSub): number {
  const { idontwants } = pubsub as GossipSub & { readonly idontwants: ReadonlyMap<string, ReadonlyMap<string, number>> }
  return [...idontwants.values()].reduce((sum, ids) => sum + ids.size, 0)
}
