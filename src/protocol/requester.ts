import { isPeerId } from '@libp2p/interface'
import { TosError, toTosError } from '../errors/index.ts'
import { aborted } from './aborted.ts'
import { Deadlines } from './deadlines.ts'
import type { ProtocolDefinition } from './definition.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'
import { LanePool } from './lane-pool.ts'
import type { Lane } from './lane.ts'
import { connect } from './open-lane.ts'
import type { Target } from './open-lane.ts'
import { PeerLimits, SENDER_BURST } from './peer-limits.ts'
import { ResponseQueue } from './response-queue.ts'

/** Options of one request. */
export interface RequestOptions {
  /** Cancels the request. */
  readonly signal?: AbortSignal
  /** Overrides the definition's time-out, ms. */
  readonly timeoutMs?: number
}

/** One request with everything that limits it. */
interface Asked<Req> {
  readonly request: Req
  readonly cost: number
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

const DEFAULT_MAX_PENDING = 1024
/** Longest wait on a stream that was opened for a request, ms: well below the first-frame limit of SECURITY "slow streams". */
const MAX_SILENCE_MS = 2000

/** The asking side of one protocol: one long-lived lane per peer, opened on demand, shared by all requests. */
export class Requester<Req, Res> {
  readonly #definition: ProtocolDefinition<Req, Res>
  readonly #components: ProtocolComponents
  readonly #environment: KernelEnvironment
  readonly #lanes: LanePool<Req, Res>
  readonly #budget: PeerLimits
  readonly #stopping = new AbortController()
  readonly #deadlines = new Deadlines()

  constructor (definition: ProtocolDefinition<Req, Res>, components: ProtocolComponents, environment: KernelEnvironment) {
    this.#definition = definition
    this.#components = components
    this.#environment = environment
    this.#lanes = new LanePool(definition, components, environment)
    this.#budget = new PeerLimits(definition.limits.perPeer, SENDER_BURST)
  }

  /** Sends one request and waits for its one response. */
  request (target: Target, request: Req, options: RequestOptions = {}): Promise<Res> {
    let asked: Asked<Req>
    try {
      asked = this.#ask(request, options)
    } catch (error) {
      return Promise.reject(error)
    }
    const peer = isPeerId(target) ? target.toString() : undefined
    const lane = peer === undefined ? undefined : this.#lanes.existing(peer)
    // a request that will not be sent must not spend what others need
    if (lane !== undefined && this.#isFull(lane)) return Promise.reject(tooManyPending(lane))
    // with an open lane and budget to spare nothing is awaited before the write, so requests of one tick share it
    if (lane !== undefined && this.#budget.of(peer as string).take(this.#environment.clock(), asked.cost)) return this.#exchange(lane, asked, asked.timeoutMs)
    return this.#requestLater(target, asked)
  }

  async #requestLater (target: Target, asked: Asked<Req>): Promise<Res> {
    const started = this.#environment.clock()
    return this.#prepare(target, asked, false, lane => this.#exchange(lane, asked, Math.max(1, asked.timeoutMs - (this.#environment.clock() - started))))
  }

  /** Sends one request on a stream of its own and yields every response; a slow reader slows the sender down. */
  async * stream (target: Target, request: Req, options: RequestOptions = {}): AsyncGenerator<Res, void, undefined> {
    const asked = this.#ask(request, options)
    const lane = await this.#prepare(target, asked, true, lane => lane)
    const queue = new ResponseQueue<Res>(lane.frames, asked.timeoutMs, asked.signal)
    try {
      lane.send(request, queue, this.#environment.randomId)
      yield * queue
    } finally {
      queue.stop()
      if (queue.complete) lane.frames.finish()
      else lane.frames.abort('ABORTED', 'the reader left')
    }
  }

  /** Sends a message with id 0 that has no answer. */
  async notify (target: Target, request: Req, options: RequestOptions = {}): Promise<void> {
    await this.#prepare(target, this.#ask(request, options), false, lane => { lane.notify(request) })
  }

  /** Ends every lane; requests under way fail with `STREAM_CLOSED`, those still opening one with `ABORTED`. */
  stop (): void {
    this.#stopping.abort(new TosError('ABORTED', 'the node stops'))
    this.#lanes.stop()
    this.#deadlines.stop()
  }

  dump (): Record<string, number> {
    return { ...this.#lanes.dump(), budgets: this.#budget.size }
  }

  #ask (request: Req, { timeoutMs = this.#definition.limits.timeoutMs, signal }: RequestOptions): Asked<Req> {
    if (signal?.aborted === true) throw aborted(signal)
    try {
      return { request, cost: this.#definition.cost(request), timeoutMs: Math.ceil(timeoutMs), signal }
    } catch (error) {
      throw toTosError(error, 'INVALID_VALUE')
    }
  }

  // The wait for the budget ends right before the send, or requests would leave bunched when the stream is open. But a stream that is
  // opened and then stays silent is closed by the other side: long waits come first.
  async #prepare<T> (target: Target, { cost, timeoutMs, signal }: Asked<Req>, own: boolean, use: (lane: Lane<Req, Res>) => T | Promise<T>): Promise<T> {
    const signals = [AbortSignal.timeout(timeoutMs), this.#stopping.signal]
    const deadline = AbortSignal.any(signal === undefined ? signals : [...signals, signal])
    const connection = await connect(this.#components, target, deadline)
    const peer = connection.remotePeer.toString()
    const waitFirst = own || this.#budget.of(peer).delay(this.#environment.clock(), cost) > MAX_SILENCE_MS
    if (waitFirst) await this.#awaitBudget(peer, cost, timeoutMs, deadline)
    let lane = await (own ? this.#lanes.own(connection, deadline) : this.#lanes.shared(connection, deadline))
    if (!waitFirst) await this.#awaitBudget(peer, cost, timeoutMs, deadline)
    // it may have been replaced while we waited; `use` runs at once, so that it cannot be between this look and the write
    while (lane.retired) lane = await this.#lanes.shared(connection, deadline)
    if (signal?.aborted === true) throw aborted(signal)
    return use(lane)
  }

  #isFull (lane: Lane<Req, Res>): boolean {
    return lane.pending >= (this.#definition.limits.maxPending ?? DEFAULT_MAX_PENDING)
  }

  #exchange (lane: Lane<Req, Res>, { request, signal }: Asked<Req>, timeoutMs: number): Promise<Res> {
    if (this.#isFull(lane)) return Promise.reject(tooManyPending(lane))
    return new Promise((resolve, reject) => {
      let id = 0n
      const settle = (): void => {
        this.#deadlines.delete(deadline)
        signal?.removeEventListener('abort', cancel)
      }
      const fail = (error: TosError): void => { settle(); lane.forget(id); reject(error) }
      const cancel = (): void => { fail(aborted(signal as AbortSignal)) }
      const deadline = this.#deadlines.add(timeoutMs, () => { fail(new TosError('TIMEOUT', `no answer to ${this.#definition.id} within ${Math.round(timeoutMs)} ms`)) })
      signal?.addEventListener('abort', cancel)
      const response = (value: Res, more: boolean): void => {
        settle()
        // one answer was asked for: the rest of several is let go
        if (more) lane.forget(id)
        resolve(value)
      }
      try {
        id = lane.send(request, { response, failed: fail }, this.#environment.randomId)
      } catch (error) {
        fail(toTosError(error, 'INVALID_VALUE'))
      }
    })
  }

  // the receiver enforces the same limit: better to wait here than to be refused there
  async #awaitBudget (peer: string, cost: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const limiter = this.#budget.of(peer)
    const now = this.#environment.clock()
    const delay = limiter.delay(now, cost)
    if (delay > timeoutMs) throw new TosError('RATE_LIMITED', `our own limit for ${this.#definition.id} allows the next request in ${Math.ceil(delay)} ms`, { details: { retryAfterMs: Math.ceil(delay) } })
    const wait = limiter.reserve(now, cost)
    if (wait === 0) return
    await new Promise<void>((resolve, reject) => {
      const cancel = (): void => { clearTimeout(timer); reject(aborted(signal)) }
      const timer = setTimeout(() => { signal.removeEventListener('abort', cancel); resolve() }, wait)
      signal.addEventListener('abort', cancel, { once: true })
    })
  }
}

function tooManyPending (lane: { readonly pending: number }): TosError {
  return new TosError('BUSY', `${lane.pending} requests to this peer are unanswered`)
}
