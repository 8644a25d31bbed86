import type { GossipSub, GossipsubMessage } from '@chainsafe/libp2p-gossipsub'
import { clampBackoffs } from './backoff-guard.ts'
import { typedPubsub } from './typed-pubsub.ts'
import type { TypedPubsub } from './typed-pubsub.ts'

/** Heartbeats between two looks at the PRUNE backoffs. */
const BACKOFF_BEATS = 15

/** Takes the messages of one topic. */
export type TopicHandler = (message: GossipsubMessage) => void

/** Hands messages to their topics: one listener per node, however many topics. */
export interface TopicRouter {
  readonly typed: TypedPubsub
  /** Subscribes and returns the function that ends it. */
  add (topic: string, handler: TopicHandler): () => void
}

const routers = new WeakMap<GossipSub, TopicRouter>()

/** The router of a pubsub service; all topics of a node share it. */
export function topicRouter (pubsub: GossipSub): TopicRouter {
  let router = routers.get(pubsub)
  if (router === undefined) routers.set(pubsub, router = createTopicRouter(typedPubsub(pubsub)))
  return router
}

function createTopicRouter (typed: TypedPubsub): TopicRouter {
  const { pubsub } = typed
  const handlers = new Map<string, TopicHandler>()
  let beats = 0

  function onMessage ({ detail }: CustomEvent<GossipsubMessage>): void {
    const handler = handlers.get(detail.msg.topic)
    // a topic somebody subscribed to past us: no verdict would keep it from being forwarded, so it gets one
    if (handler === undefined) typed.report(detail.msgId, detail.propagationSource.toString(), 'ignore')
    else handler(detail)
  }

  function onHeartbeat (): void {
    if (++beats % BACKOFF_BEATS !== 0 || typed.backoffs === undefined) return
    const connected = new Set(pubsub.getPeers().map(String))
    clampBackoffs(typed.backoffs, peer => connected.has(peer), Date.now())
  }

  return {
    typed,
    add (topic, handler) {
      if (handlers.size === 0) {
        pubsub.addEventListener('gossipsub:message', onMessage)
        pubsub.addEventListener('gossipsub:heartbeat', onHeartbeat)
      }
      handlers.set(topic, handler)
      pubsub.subscribe(topic)
      return () => {
        if (!handlers.delete(topic)) return
        pubsub.unsubscribe(topic)
        if (handlers.size > 0) return
        pubsub.removeEventListener('gossipsub:message', onMessage)
        pubsub.removeEventListener('gossipsub:heartbeat', onHeartbeat)
      }
    }
  }
}
