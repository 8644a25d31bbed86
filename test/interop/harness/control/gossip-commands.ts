import { base64, bytes, text } from './control-peer.ts'
import type { Commands, Emit, GossipControl } from './control-peer.ts'

/** subscribe, publish, mesh, subscribers, not-wanted, score. */
export function gossipCommands (gossip: GossipControl, emit: Emit): Commands {
  return {
    subscribe (args) {
      const topic = text(args, 'topic')
      gossip.subscribe(topic, (data, from) => { emit({ event: 'message', topic, data: base64(data), ...(from === undefined ? {} : { from }) }) })
      return {}
    },
    publish: async args => ({ recipients: await gossip.publish(text(args, 'topic'), bytes(args, 'data')) }),
    mesh: args => ({ peers: gossip.mesh(text(args, 'topic')) }),
    subscribers: args => ({ peers: gossip.subscribers(text(args, 'topic')) }),
    'not-wanted': () => ({ count: gossip.notWanted() }),
    score: args => ({ score: gossip.score(text(args, 'peer')) })
  }
}
