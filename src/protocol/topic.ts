import { checkCount, checkFunction, checkId, checkMessage, checkPositive, checkTimeout } from './definition-checks.ts'
import type { MessageType } from './message.ts'

/** What a validator says of a message: forward it, drop it silently, or drop it and charge the peer that sent it. */
export type Verdict = 'accept' | 'ignore' | 'reject'

/** Where a gossiped message came from. */
export interface TopicContext {
  /** The peer that forwarded it, not its author. */
  readonly peer: string
  /** Aborts when the time for a verdict is over. */
  readonly signal: AbortSignal
  /** Peers that have sent the same message since, as far as is known by now: they hold what it speaks of, too. */
  readonly alsoFrom?: () => readonly string[]
}

/** One GossipSub topic in one object; the score parameters are derived from `expectedPerMinute`. */
export interface TopicDefinition<T> {
  readonly kind: 'topic'
  /** Key of the service, e.g. `blockAnnounce`. */
  readonly name: string
  /** Topic string; `{net}` stands for the network. */
  readonly id: string
  readonly message: MessageType<T>
  /** Messages per minute on a healthy network. */
  readonly expectedPerMinute: number
  /** Validations that may wait, and which end is dropped when more come. */
  readonly queue: { readonly max: number, readonly drop: 'oldest' | 'newest' }
  /** Validations at a time, default 8; messages from one peer hold a quarter of them at most. More where a validation waits for a peer. */
  readonly concurrency?: number
  /** Share of this topic in a peer's score, default 1. */
  readonly weight?: number
  /** Send own messages to every subscribed peer (reveals the sender), default false. */
  readonly floodPublish?: boolean
  /** Longest a validation may take, default 5,000 ms. */
  readonly validateTimeoutMs?: number
  validate (value: T, context: TopicContext): Verdict | Promise<Verdict>
}

/** Describes a topic; mount it with the gossip service. Throws `INVALID_DEFINITION`. */
export function defineTopic<T> (topic: Omit<TopicDefinition<T>, 'kind'>): TopicDefinition<T> {
  const { id, message, expectedPerMinute, queue, concurrency, weight, validateTimeoutMs, validate } = topic
  const wrong = checkId(id)
  checkMessage('message', message, wrong)
  checkPositive('expectedPerMinute', expectedPerMinute, wrong)
  if (queue?.max === undefined) wrong('queue needs a max')
  checkCount('queue.max', queue.max, wrong)
  if (queue.drop !== 'oldest' && queue.drop !== 'newest') wrong("queue.drop must be 'oldest' or 'newest'")
  checkCount('concurrency', concurrency, wrong)
  if (weight !== undefined) checkPositive('weight', weight, wrong)
  if (validateTimeoutMs !== undefined) checkTimeout('validateTimeoutMs', validateTimeoutMs, wrong)
  if (validate === undefined) wrong('a topic needs validate')
  checkFunction('validate', validate, wrong)
  return { kind: 'topic', ...topic }
}

/** The topic string on `network`. */
export function topicId (topic: { readonly id: string }, network: string): string {
  return topic.id.replace('{net}', network)
}
