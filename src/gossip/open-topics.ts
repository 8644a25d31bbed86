import type { GossipsubMessage } from '@chainsafe/libp2p-gossipsub'
import { LRUCache } from 'lru-cache'
import { TosError } from '../errors/index.ts'
import { Gcra } from '../protocol/gcra.ts'
import type { Verdict } from '../protocol/index.ts'
import { topicRouter } from './topic-router.ts'
import type { TopicRouter } from './topic-router.ts'
import type { TopicComponents } from './topic-service.ts'

/** What is forwarded of topics whose messages nobody here can read. Half of each count may come at once. */
export const OPEN_TOPIC_LIMITS = {
  maxBytes: 1024 * 1024,
  perPeer: { messages: { count: 600, perMs: 60_000 }, bytes: { count: 8 * 1024 * 1024, perMs: 60_000 } },
  /** All peers and topics together: what the cache may come to hold. */
  total: { messages: { count: 6000, perMs: 60_000 }, bytes: { count: 64 * 1024 * 1024, perMs: 60_000 } }
} as const
/** Peers whose rates are remembered; beyond that the one that was silent longest starts afresh. */
const MAX_PEERS = 1024

/** A message of an open topic, as it came. */
export interface OpenMessage {
  readonly topic: string
  readonly data: Uint8Array
  /** Who sent it to us; its author is nobody's business. */
  readonly peer: string
}

/** Topics the node carries without knowing what they hold. */
export interface OpenTopics {
  readonly topics: readonly string[]
  /** Publishes bytes; returns how many peers they went to. Throws `NOT_STARTED`, `INVALID_VALUE` for a topic not carried, `MESSAGE_TOO_LARGE`. */
  publish (topic: string, data: Uint8Array): Promise<number>
  /** Hears every message within the limits; the function returned ends it. */
  listen (listener: (message: OpenMessage) => void): () => void
  /** Peer ids we exchange whole messages with. */
  meshPeers (topic: string): readonly string[]
  /** Gauges and counters. */
  dump (): Record<string, number>
  start (): void
  afterStart (): void
  beforeStop (): void
  stop (): void
}

/**
 * Subscribes to `topics` and relays what others publish there, whatever it is: a libp2p service that expects GossipSub under the name
 * `pubsub`. The only check is of size and rate; what exceeds them is not forwarded, and costs its sender nothing, since other networks
 * have other rules. `now` is monotonic, ms.
 */
export function openTopics (topics: readonly string[], now: () => number = () => performance.now()): (components: TopicComponents) => OpenTopics {
  return components => new Relay(topics, components, now)
}

class Relay implements OpenTopics {
  readonly topics: readonly string[]
  readonly #components: TopicComponents
  readonly #now: () => number
  readonly #rates = new LRUCache<string, Budget>({ max: MAX_PEERS })
  readonly #total = createBudget(OPEN_TOPIC_LIMITS.total)
  readonly #listeners = new Set<(message: OpenMessage) => void>()
  readonly #counts = { published: 0, accept: 0, ignore: 0 }
  #router: TopicRouter | undefined
  #leave: Array<() => void> = []

  constructor (topics: readonly string[], components: TopicComponents, now: () => number) {
    this.topics = topics
    this.#components = components
    this.#now = now
  }

  start (): void {}

  afterStart (): void {
    const router = this.#router = topicRouter(this.#components.pubsub)
    this.#leave = this.topics.map(topic => router.add(topic, message => { this.#receive(message) }))
  }

  beforeStop (): void {
    for (const leave of this.#leave) leave()
    this.#leave = []
    this.#router = undefined
  }

  stop (): void {}

  async publish (topic: string, data: Uint8Array): Promise<number> {
    if (this.#router === undefined) throw new TosError('NOT_STARTED', `${topic} is not subscribed yet`)
    if (!this.topics.includes(topic)) throw new TosError('INVALID_VALUE', `${topic} is not a topic this node carries`, { hint: 'name it with --topic' })
    if (data.length > OPEN_TOPIC_LIMITS.maxBytes) throw new TosError('MESSAGE_TOO_LARGE', `${data.length} bytes on ${topic}; the most is ${OPEN_TOPIC_LIMITS.maxBytes}`)
    const { recipients } = await this.#router.typed.publish(topic, data)
    this.#counts.published++
    return recipients.length
  }

  listen (listener: (message: OpenMessage) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  meshPeers (topic: string): readonly string[] {
    return this.#router?.typed.meshPeers(topic) ?? []
  }

  dump (): Record<string, number> {
    return { ...this.#counts, peers: this.#rates.size }
  }

  #receive ({ msgId, propagationSource, msg: { topic, data } }: GossipsubMessage): void {
    const peer = propagationSource.toString()
    const verdict: Verdict = this.#fits(peer, data.length) ? 'accept' : 'ignore'
    this.#counts[verdict]++
    this.#router?.typed.report(msgId, peer, verdict)
    if (verdict === 'accept') for (const listener of this.#listeners) listener({ topic, data, peer })
  }

  #fits (peer: string, bytes: number): boolean {
    if (bytes > OPEN_TOPIC_LIMITS.maxBytes) return false
    let budget = this.#rates.get(peer)
    if (budget === undefined) this.#rates.set(peer, budget = createBudget(OPEN_TOPIC_LIMITS.perPeer))
    const now = this.#now()
    return budget(now, bytes) && this.#total(now, bytes)
  }
}

type Budget = (now: number, bytes: number) => boolean

function createBudget (rates: typeof OPEN_TOPIC_LIMITS.perPeer | typeof OPEN_TOPIC_LIMITS.total): Budget {
  const [messages, volume] = [new Gcra(rates.messages), new Gcra(rates.bytes)]
  return (now, bytes) => messages.take(now) && volume.take(now, bytes)
}
