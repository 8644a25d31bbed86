import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { typedPubsub } from '../../../src/gossip/index.ts'
import type { GossipControl } from '../harness/control/control-peer.ts'
import { notWanted } from '../harness/control/gossip-control.ts'
import { Unsupported } from '../harness/peer-config.ts'

/**
 * GossipSub of our node: it subscribes to its own topics by itself and delivers what it found valid, `frames` of the interop
 * topic that is. Publishing sends any bytes, past the checks a well-meaning node makes.
 */
export function topicControl (pubsub: GossipSub, frames: Set<(frame: Uint8Array) => void>): GossipControl {
  const typed = typedPubsub(pubsub)
  return {
    subscribe (topic, deliver) {
      if (!pubsub.getTopics().includes(topic)) throw new Unsupported(`topic ${topic}`)
      if (topic.endsWith('/interop/1')) frames.add(frame => { deliver(frame, undefined) })
    },
    publish: async (topic, data) => (await typed.publish(topic, data)).recipients.length,
    mesh: topic => typed.meshPeers(topic),
    subscribers: topic => pubsub.getSubscribers(topic).map(String),
    score: peer => typed.score(peer),
    notWanted: () => notWanted(pubsub)
  }
}
