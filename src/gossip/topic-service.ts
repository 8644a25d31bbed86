import type { GossipSub, GossipsubMessage } from '@chainsafe/libp2p-gossipsub'
import { TosError, toTosError } from '../errors/index.ts'
import { topicId } from '../protocol/index.ts'
import type { Kernel, TopicDefinition, Verdict } from '../protocol/index.ts'
import { decodeGossipFrame, encodeGossipFrame } from './gossip-frame.ts'
import { GOSSIP_LIMITS } from './gossip-options.ts'
import { topicRouter } from './topic-router.ts'
import type { TopicRouter } from './topic-router.ts'
import { ValidationQueue } from './validation-queue.ts'

/** A mounted topic. */
export interface TopicService<T> {
  /** Topic string with the network in place. */
  readonly topic: string
  /** Publishes a value of our own; returns how many peers it went to, 0 also when the network has it already. Throws `NOT_STARTED`, `MESSAGE_TOO_LARGE` or a wire code. */
  publish (value: T): Promise<number>
  /** Peer ids that subscribe to the topic. */
  subscribers (): readonly string[]
  /** Peer ids we exchange whole messages with. */
  meshPeers (): readonly string[]
  /** Gauges and counters. */
  dump (): Record<string, number>
  start (): void
  /** Subscribes; GossipSub runs by then. */
  afterStart (): void
  /** Unsubscribes while GossipSub still runs; validations under way are aborted. */
  beforeStop (): void
  stop (): void
}

/** What a topic service needs of the node: its GossipSub, under the name `pubsub`. */
export interface TopicComponents { readonly pubsub: GossipSub }

/** Bytes that may wait for validation on one topic. */
const QUEUE_BYTES = 4 * 1024 * 1024
/** Validations of one topic at a time, unless its definition says otherwise. */
const DEFAULT_CONCURRENCY = 8
/** Share of them that messages from one peer may hold: one that never answers leaves room for the others. */
const SHARE_PER_PEER = 1 / 4
const DEFAULT_VALIDATE_MS = 5_000
/** A verdict must be in before the cache forgets the message; one heartbeat is lost to where in the beat it came. */
const VERDICT_MS = (GOSSIP_LIMITS.verdictBeats - 1) * GOSSIP_LIMITS.heartbeatMs
/** Shortest wait a queue must be able to grant. */
const MIN_WAIT_MS = 500

interface Job<T> {
  readonly value: T
  readonly messageId: string
  readonly peer: string
}

/** Part of the kernel a topic uses. */
export type TopicKernel = Pick<Kernel, 'network' | 'incidents' | 'mounted'>

const topicsOf = new WeakMap<TopicKernel, Set<string>>()

/**
 * Registers a topic and returns its libp2p service factory: `createLibp2p({ services: { pubsub, news: mountTopic(kernel, news) } })`.
 * Throws `DUPLICATE_PROTOCOL`, `MISSING_DEPENDENCY` when the factory finds no GossipSub, or `INVALID_DEFINITION` when the validation may outlast the message's stay in the cache.
 */
export function mountTopic<T> (kernel: TopicKernel, definition: TopicDefinition<T>): (components: TopicComponents) => TopicService<T> {
  const topic = topicId(definition, kernel.network)
  const taken = topicsOf.get(kernel) ?? new Set()
  if (taken.has(topic) || kernel.mounted.has(topic)) throw new TosError('DUPLICATE_PROTOCOL', `${topic} is mounted already`)
  const { validateTimeoutMs = DEFAULT_VALIDATE_MS } = definition
  if (!(validateTimeoutMs > 0 && validateTimeoutMs <= VERDICT_MS - MIN_WAIT_MS)) {
    throw new TosError('INVALID_DEFINITION', `validateTimeoutMs of ${topic} must be within 1 and ${VERDICT_MS - MIN_WAIT_MS}, got ${validateTimeoutMs}`)
  }
  topicsOf.set(kernel, taken.add(topic))
  return components => new MountedTopic(topic, definition, kernel, withPubsub(components, topic), validateTimeoutMs)
}

// libp2p's components throw on a name nobody mounted
function withPubsub (components: TopicComponents, topic: string): TopicComponents {
  try {
    return { pubsub: components.pubsub }
  } catch (cause) {
    throw new TosError('MISSING_DEPENDENCY', `${topic} needs GossipSub as the service "pubsub", mounted before it`, { cause })
  }
}

class MountedTopic<T> implements TopicService<T> {
  readonly topic: string
  readonly #definition: TopicDefinition<T>
  readonly #kernel: TopicKernel
  readonly #components: TopicComponents
  readonly #timeoutMs: number
  readonly #queue: ValidationQueue<Job<T>>
  readonly #counts = { published: 0, accept: 0, ignore: 0, reject: 0, dropped: 0 }
  readonly #running = new Set<AbortController>()
  #router: TopicRouter | undefined
  #leave: (() => void) | undefined

  constructor (topic: string, definition: TopicDefinition<T>, kernel: TopicKernel, components: TopicComponents, timeoutMs: number) {
    const { queue, concurrency = DEFAULT_CONCURRENCY } = definition
    this.topic = topic
    this.#definition = definition
    this.#kernel = kernel
    this.#components = components
    this.#timeoutMs = timeoutMs
    this.#queue = new ValidationQueue({
      maxItems: queue.max,
      maxBytes: QUEUE_BYTES,
      concurrency,
      perSource: Math.max(1, Math.floor(concurrency * SHARE_PER_PEER)),
      maxWaitMs: VERDICT_MS - timeoutMs,
      drop: queue.drop,
      onDrop: (job, code) => {
        this.#counts.dropped++
        // our own overload is nobody's fault: the incident names no peer
        this.#incident(new TosError(code, `a message on ${topic} was not validated`), undefined)
        this.#settle(job, 'ignore')
      },
      now: () => performance.now()
    })
  }

  start (): void {}

  afterStart (): void {
    this.#router = topicRouter(this.#components.pubsub)
    this.#leave = this.#router.add(this.topic, message => { this.#receive(message) })
  }

  beforeStop (): void {
    this.#leave?.()
    this.#leave = undefined
    this.#router = undefined
    this.#queue.clear()
    for (const controller of this.#running) controller.abort(new TosError('ABORTED', 'the node is stopping'))
  }

  stop (): void {}

  async publish (value: T): Promise<number> {
    const router = this.#started()
    const { message, floodPublish = false } = this.#definition
    const { recipients } = await router.typed.publish(this.topic, encodeGossipFrame(message, value), { floodPublish, batchPublish: true })
    this.#counts.published++
    return recipients.length
  }

  subscribers (): readonly string[] {
    return this.#started().typed.pubsub.getSubscribers(this.topic).map(String)
  }

  meshPeers (): readonly string[] {
    return this.#started().typed.meshPeers(this.topic)
  }

  dump (): Record<string, number> {
    return { ...this.#queue.sizes, ...this.#counts }
  }

  #started (): TopicRouter {
    if (this.#router === undefined) throw new TosError('NOT_STARTED', `${this.topic} is not subscribed yet`)
    return this.#router
  }

  #receive ({ msgId, propagationSource, msg }: GossipsubMessage): void {
    const peer = propagationSource.toString()
    let value: T
    try {
      value = decodeGossipFrame(this.#definition.message, msg.data)
    } catch (cause) {
      const error = toTosError(cause, 'INVALID_MESSAGE')
      this.#incident(error, peer)
      // a newer version is not an offence; it is just not ours to forward
      this.#settle({ messageId: msgId, peer }, error.code === 'INCOMPATIBLE_VERSION' ? 'ignore' : 'reject')
      return
    }
    this.#queue.push(peer, { value, messageId: msgId, peer }, msg.data.length)
    this.#pump()
  }

  #pump (): void {
    for (let job = this.#queue.take(); job !== undefined; job = this.#queue.take()) void this.#run(job)
  }

  async #run (job: Job<T>): Promise<void> {
    const controller = new AbortController()
    const timer = setTimeout(() => { controller.abort(new TosError('TIMEOUT', `no verdict on ${this.topic} within ${this.#timeoutMs} ms`)) }, this.#timeoutMs)
    this.#running.add(controller)
    try {
      const verdict = await verdictOrAbort(() => this.#definition.validate(job.value, { peer: job.peer, signal: controller.signal, alsoFrom: () => this.#router?.typed.repeaters(job.messageId) ?? [] }), controller.signal)
      if (verdict === 'reject') this.#incident(new TosError('INVALID_MESSAGE', `a message on ${this.topic} was rejected`), job.peer)
      this.#settle(job, verdict)
    } catch (cause) {
      const error = toTosError(cause, 'HANDLER_FAILED')
      if (error.code !== 'ABORTED') this.#incident(error, undefined)
      this.#settle(job, 'ignore')
    } finally {
      clearTimeout(timer)
      this.#running.delete(controller)
      this.#queue.release(job.peer)
      this.#pump()
    }
  }

  #settle (job: Omit<Job<T>, 'value'>, verdict: Verdict): void {
    this.#counts[verdict]++
    this.#router?.typed.report(job.messageId, job.peer, verdict)
  }

  #incident (error: TosError, peer: string | undefined): void {
    this.#kernel.incidents.report({ code: error.code, peer, protocol: this.topic, error })
  }
}

/** The verdict, or the signal's reason when it comes first; a validator that ignores its signal does not hold its slot. */
async function verdictOrAbort (validate: () => Verdict | Promise<Verdict>, signal: AbortSignal): Promise<Verdict> {
  const verdict = validate()
  if (typeof verdict === 'string') return verdict
  let abort: (() => void) | undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => { reject(signal.reason as Error) }
    signal.addEventListener('abort', abort, { once: true })
  })
  return await Promise.race([verdict, aborted]).finally(() => { if (abort !== undefined) signal.removeEventListener('abort', abort) })
}
