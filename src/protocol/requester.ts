import { isPeerId } from '@libp2p/interface'
import { TosError } from '../errors/index.ts'
import type { ProtocolDefinition } from './definition.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'
import { Lane } from './lane.ts'
import { aborted, openStream } from './open-lane.ts'
import type { Target } from './open-lane.ts'
import { PeerLimits } from './peer-limits.ts'
import { ResponseQueue } from './response-queue.ts'

/** Options of one request. */
export interface RequestOptions {
  /** Cancels the request. */
  readonly signal?: AbortSignal
  /** Overrides the definition's time-out, ms. */
  readonly timeoutMs?: number
}

const DEFAULT_MAX_PENDING = 1024

/** The asking side of one protocol: one long-lived lane per peer, opened on demand, shared by all requests. */
export class Requester<Req, Res> {
  readonly #definition: ProtocolDefinition<Req, Res>
  readonly #components: ProtocolComponents
  readonly #environment: KernelEnvironment
  readonly #lanes: Map<string, Lane<Req, Res>> = new Map()
  readonly #opening: Map<string, Promise<Lane<Req, Res>>> = new Map()
  readonly #streaming: Set<Lane<Req, Res>> = new Set()
  readonly #budget: PeerLimits
  readonly #stopping = new AbortController()

  constructor (definition: ProtocolDefinition<Req, Res>, components: ProtocolComponents, environment: KernelEnvironment) {
    this.#definition = definition
    this.#components = components
    this.#environment = environment
    this.#budget = new PeerLimits(definition.limits.perPeer)
  }

  /** Sends one request and waits for its one response. */
  async request (target: Target, request: Req, options: RequestOptions = {}): Promise<Res> {
    const timeoutMs = options.timeoutMs ?? this.#definition.limits.timeoutMs
    options.signal?.throwIfAborted()
    const lane = this.#existing(target)
    // with an open lane and budget to spare nothing is awaited before the write, so requests of one tick share it
    if (lane === undefined || this.#budget.of(peerOf(lane)).delay(this.#environment.clock(), this.#definition.cost(request)) > 0) {
      return this.#prepared(target, request, timeoutMs, options.signal)
    }
    this.#budget.of(peerOf(lane)).take(this.#environment.clock(), this.#definition.cost(request))
    return this.#exchange(lane, request, timeoutMs, options.signal)
  }

  /** Sends one request on a stream of its own and yields every response; a slow reader slows the sender down. */
  async * stream (target: Target, request: Req, options: RequestOptions = {}): AsyncGenerator<Res, void, undefined> {
    const timeoutMs = options.timeoutMs ?? this.#definition.limits.timeoutMs
    const opening = this.#deadline(timeoutMs, options.signal)
    const lane = await this.#open(target, opening)
    this.#streaming.add(lane)
    const queue = new ResponseQueue<Res>(lane.frames, timeoutMs, options.signal)
    try {
      await this.#awaitBudget(lane, request, timeoutMs, opening)
      lane.send(request, queue, this.#environment.randomId)
      yield * queue
    } finally {
      queue.stop()
      this.#streaming.delete(lane)
      if (queue.complete) lane.frames.finish()
      else lane.frames.abort('ABORTED', 'the reader left')
    }
  }

  /** Sends a message with id 0 that has no answer. */
  async notify (target: Target, request: Req, options: RequestOptions = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? this.#definition.limits.timeoutMs
    const lane = await this.#lane(target, this.#deadline(timeoutMs, options.signal))
    lane.notify(request)
  }

  /** Ends every lane; requests under way fail with `STREAM_CLOSED`. */
  stop (): void {
    this.#stopping.abort(new TosError('ABORTED', 'the node stops'))
    for (const lane of [...this.#lanes.values(), ...this.#streaming]) lane.frames.abort('STREAM_CLOSED', 'the node stops')
    this.#lanes.clear()
  }

  dump (): Record<string, number> {
    let pending = 0
    for (const lane of this.#lanes.values()) pending += lane.pending
    return { lanes: this.#lanes.size, opening: this.#opening.size, streaming: this.#streaming.size, pending, budgets: this.#budget.size }
  }

  async #prepared (target: Target, request: Req, timeoutMs: number, signal: AbortSignal | undefined): Promise<Res> {
    const started = this.#environment.clock()
    const deadline = this.#deadline(timeoutMs, signal)
    const lane = await this.#lane(target, deadline)
    await this.#awaitBudget(lane, request, timeoutMs, deadline)
    return this.#exchange(lane, request, Math.max(1, timeoutMs - (this.#environment.clock() - started)), signal)
  }

  #exchange (lane: Lane<Req, Res>, request: Req, timeoutMs: number, signal: AbortSignal | undefined): Promise<Res> {
    const { maxPending = DEFAULT_MAX_PENDING } = this.#definition.limits
    if (lane.pending >= maxPending) return Promise.reject(new TosError('BUSY', `${lane.pending} requests to this peer are unanswered`))
    return new Promise((resolve, reject) => {
      let id = 0n
      const settle = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', cancel)
      }
      const fail = (error: TosError): void => { settle(); lane.forget(id); reject(error) }
      const cancel = (): void => { fail(aborted(signal as AbortSignal)) }
      const timer = setTimeout(() => { fail(new TosError('TIMEOUT', `no answer to ${this.#definition.id} within ${Math.round(timeoutMs)} ms`)) }, timeoutMs)
      signal?.addEventListener('abort', cancel)
      try {
        id = lane.send(request, { response: value => { settle(); resolve(value) }, failed: fail }, this.#environment.randomId)
      } catch (error) {
        fail(error as TosError)
      }
    })
  }

  // the receiver enforces the same limit: better to wait here than to be refused there
  async #awaitBudget (lane: Lane<Req, Res>, request: Req, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const limiter = this.#budget.of(peerOf(lane))
    const now = this.#environment.clock()
    const cost = this.#definition.cost(request)
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

  #existing (target: Target): Lane<Req, Res> | undefined {
    const lane = isPeerId(target) ? this.#lanes.get(target.toString()) : undefined
    return lane === undefined || lane.frames.done ? undefined : lane
  }

  async #lane (target: Target, signal: AbortSignal): Promise<Lane<Req, Res>> {
    const existing = this.#existing(target)
    if (existing !== undefined) return existing
    const key = target.toString()
    let opening = this.#opening.get(key)
    if (opening === undefined) {
      opening = this.#openShared(target, signal).finally(() => { this.#opening.delete(key) })
      this.#opening.set(key, opening)
    }
    return opening
  }

  async #openShared (target: Target, signal: AbortSignal): Promise<Lane<Req, Res>> {
    const lane = await this.#open(target, signal)
    this.#lanes.set(peerOf(lane), lane)
    return lane
  }

  async #open (target: Target, signal: AbortSignal): Promise<Lane<Req, Res>> {
    const { incidents, watch, clock } = this.#environment
    const { stream, connection, codec } = await openStream(this.#components, this.#environment, this.#definition.id, target, signal)
    const peer = connection.remotePeer.toString()
    const report = (error: TosError): void => { incidents.report({ code: error.code, peer, protocol: this.#definition.id, error }) }
    const lane: Lane<Req, Res> = new Lane(this.#definition, stream, connection, codec, {
      incident: report,
      unsolicited: value => this.#unsolicited(lane, value),
      closed: error => {
        watch.delete(lane.frames)
        if (this.#lanes.get(peer) === lane) this.#lanes.delete(peer)
        if (error !== undefined && error.code !== 'STREAM_CLOSED' && error.code !== 'ABORTED') report(error)
      }
    })
    watch.add(lane.frames, false, clock())
    return lane
  }

  #unsolicited (lane: Lane<Req, Res>, value: Res): boolean {
    const { unsolicited } = this.#definition
    if (unsolicited === undefined) return false
    unsolicited(value, { peer: lane.connection.remotePeer, connection: lane.connection, signal: this.#stopping.signal, log: lane.connection.log })
    return true
  }

  #deadline (timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
    const signals = [AbortSignal.timeout(timeoutMs), this.#stopping.signal]
    return AbortSignal.any(signal === undefined ? signals : [...signals, signal])
  }
}

function peerOf (lane: { readonly connection: { readonly remotePeer: { toString (): string } } }): string {
  return lane.connection.remotePeer.toString()
}
