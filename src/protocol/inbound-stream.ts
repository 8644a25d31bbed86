import type { Connection, Logger, Stream } from '@libp2p/interface'
import { TosError, toTosError } from '../errors/index.ts'
import { FrameStream } from '../frame/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import type { Handler, ProtocolDefinition } from './definition.ts'
import { ERROR, safeText, wireCode } from './error-message.ts'
import type { Gcra } from './gcra.ts'
import { HandlerContext } from './handler-context.ts'
import { handlerError } from './handler-error.ts'
import { isQuietEnd } from './incidents.ts'
import { decodePayload, writePayload } from './message.ts'
import { pairingId } from './pairing-id.ts'

/** What an inbound stream needs from its protocol. */
export interface InboundDeps<Req, Res> {
  readonly definition: ProtocolDefinition<Req, Res>
  readonly handle: Handler<Req, Res>
  readonly limiter: Gcra
  readonly log: Logger
  /** Monotonic milliseconds. */
  readonly clock: () => number
  readonly incident: (error: TosError) => void
  readonly closed: (stream: InboundStream<Req, Res>) => void
}

const DEFAULT_MAX_CONCURRENT = 64
/** Refusals above the peer's budget, without a request served between them, that end a stream. */
const MAX_OVER_BUDGET = 20

/** The time a handler has. */
interface Wait { readonly expire: () => void, timer: ReturnType<typeof setTimeout> }

/** The answering side of one stream: reads requests, runs the handler, writes responses in the order they are ready. */
export class InboundStream<Req, Res> {
  readonly frames: FrameStream
  readonly connection: Connection
  readonly #deps: InboundDeps<Req, Res>
  readonly #maxConcurrent: number
  /** Requests in a handler, with what ends their wait. */
  readonly #running: Map<HandlerContext, Wait> = new Map()
  #ended = false
  #congested = false
  #overBudget = 0

  constructor (deps: InboundDeps<Req, Res>, stream: Stream, connection: Connection, codec: FrameCodec) {
    const { request, limits } = deps.definition
    this.#deps = deps
    this.connection = connection
    this.#maxConcurrent = limits.maxConcurrent ?? DEFAULT_MAX_CONCURRENT
    this.frames = new FrameStream(stream, codec, {
      type: code => code === request.type.code ? request.type : undefined,
      message: (_type, payload) => { this.#receive(payload) },
      dropped: (error, frame) => {
        this.#refuseFrame(frame === undefined ? 0n : pairingId(request.type, frame.payload), error, deps.limiter.take(deps.clock()))
      },
      ended: () => { this.#ended = true; this.#finishWhenIdle() },
      closed: error => { this.#closed(error) }
    })
  }

  get running (): number { return this.#running.size }

  // a request is charged its whole cost once; one that cannot be read or afforded, a single unit
  #receive (payload: Uint8Array): void {
    const { definition: { request, limits: { perPeer }, cost }, limiter, clock } = this.#deps
    const now = clock()
    if (limiter.delay(now) > 0) {
      this.#refuseFrame(pairingId(request.type, payload), new TosError('RATE_LIMITED', `more than ${perPeer.count} in ${perPeer.perMs} ms`), false)
      return
    }
    let message: unknown
    try {
      message = decodePayload(request.type, payload, this.frames.padding)
    } catch (error) {
      this.#refuseFrame(pairingId(request.type, payload), toTosError(error), limiter.take(now))
      return
    }
    const id = request.id(message)
    const value = request.value(message)
    try {
      const units = cost(value)
      if (limiter.take(now, units)) {
        this.#overBudget = 0
        this.#run(id, value)
      } else {
        const wait = Math.ceil(limiter.delay(now, units))
        this.#refuseFrame(id, new TosError('RATE_LIMITED', `the request costs ${units} units of ${perPeer.count} in ${perPeer.perMs} ms; again in ${wait} ms`), limiter.take(now))
      }
    } catch (error) {
      this.#refuse(id, handlerError(error))
    }
  }

  #run (id: bigint, value: Req): void {
    const context = new HandlerContext(this.connection, this.#deps.log)
    const result = this.#deps.handle(value, context)
    if (isAsyncIterable(result)) this.#track(id, context, this.#respondAll(id, result, context))
    else if (result instanceof Promise) this.#track(id, context, this.#respondOnce(id, result, context))
    else this.#respond(id, result, false)
  }

  // At the limit the stream pauses: what comes next waits below us instead of piling up here. A handler that outstays its time is told so
  // by its signal, and answered for; whatever it still returns finds nobody.
  #track (id: bigint, context: HandlerContext, work: Promise<void>): void {
    const { timeoutMs } = this.#deps.definition.limits
    const over = (error?: unknown): void => {
      clearTimeout(wait.timer)
      if (!this.#running.delete(context)) return
      if (error !== undefined) this.#refuse(id, handlerError(error))
      this.#updatePause()
      this.#finishWhenIdle()
    }
    const expire = (): void => {
      const error = new TosError('TIMEOUT', `the handler took more than ${timeoutMs} ms`)
      context.abort(error)
      over(error)
    }
    const wait: Wait = { expire, timer: setTimeout(expire, timeoutMs) }
    this.#running.set(context, wait)
    this.#updatePause()
    work.then(() => { over() }, over)
  }

  async #respondOnce (id: bigint, result: Promise<Res | undefined>, context: HandlerContext): Promise<void> {
    const value = await result
    await this.#roomToWrite(context)
    if (this.#running.has(context)) this.#respond(id, value, false)
  }

  // each value waits for the next, because the last one must say that no more follow
  async #respondAll (id: bigint, values: AsyncIterable<Res>, context: HandlerContext): Promise<void> {
    let held: { value: Res } | undefined
    for await (const value of values) {
      if (held !== undefined) {
        await this.#roomToWrite(context)
        if (!this.#running.has(context)) return
        this.#respond(id, held.value, true)
        this.#waitAnew(context)
      }
      held = { value }
    }
    if (held === undefined) throw new TosError('UNAVAILABLE', 'there is nothing to send')
    await this.#roomToWrite(context)
    if (this.#running.has(context)) this.#respond(id, held.value, false)
  }

  // not refresh(): timers of browsers have none
  #waitAnew (context: HandlerContext): void {
    const wait = this.#running.get(context)
    if (wait === undefined) return
    clearTimeout(wait.timer)
    wait.timer = setTimeout(wait.expire, this.#deps.definition.limits.timeoutMs)
  }

  // many may wait at once: each looks again before it writes, so the queue grows by one response and not by all of them
  async #roomToWrite (context: HandlerContext): Promise<void> {
    while (this.frames.congested) await this.frames.drained(context.signal)
  }

  #respond (id: bigint, value: Res | undefined, more: boolean): void {
    if (value === undefined || this.frames.done) return
    const { type, pack } = this.#deps.definition.response
    try {
      this.frames.write(type, writer => { writePayload(type, pack(id, value, more), writer) })
    } catch (cause) {
      // no answer can be written any more, not even that there is none: the asker learns it by the reset
      if (cause instanceof TosError && cause.code === 'SESSION_EXHAUSTED') return this.frames.abort(cause.code, cause.message)
      throw new TosError('HANDLER_FAILED', 'the handler returned a value that cannot be sent', { cause })
    }
    if (this.frames.congested) this.#waitForReader()
  }

  // Answers to noise are work too. Who keeps to the budget may be wrong for ever; who stays above it hears no more.
  #refuseFrame (id: bigint, error: TosError, afforded: boolean): void {
    this.#refuse(id, error)
    if (!afforded && ++this.#overBudget >= MAX_OVER_BUDGET) this.frames.abort('RATE_LIMITED', `${MAX_OVER_BUDGET} frames in a row were refused above the limit`)
  }

  #refuse (id: bigint, error: TosError): void {
    // the asker is told no more than that it failed; the author reads why here
    if (error.code === 'HANDLER_FAILED') this.#deps.log.error('%s - %e', error.message, error.cause)
    this.#deps.incident(error)
    if (this.frames.done) return
    try {
      this.frames.write(ERROR, writer => { writePayload(ERROR, { requestId: id, code: wireCode(error.code), text: safeText(error) }, writer) })
    } catch (writeError) {
      this.#deps.incident(toTosError(writeError))
    }
    if (this.frames.congested) this.#waitForReader()
  }

  // a peer that asks but does not read gets no further questions in
  #waitForReader (): void {
    if (this.#congested) return
    this.#congested = true
    this.#updatePause()
    this.frames.drained().then(() => { this.#congested = false; this.#updatePause() }, () => { this.#congested = false })
  }

  #updatePause (): void {
    if (this.frames.done) return
    if (this.#congested || this.#running.size >= this.#maxConcurrent) this.frames.pause()
    else this.frames.resume()
  }

  #finishWhenIdle (): void {
    if (this.#ended && this.#running.size === 0) this.frames.finish()
  }

  #closed (error: TosError | undefined): void {
    const reason = error ?? new TosError('STREAM_CLOSED', 'the stream closed')
    for (const [context, { timer }] of this.#running) {
      clearTimeout(timer)
      context.abort(reason)
    }
    this.#running.clear()
    if (error !== undefined && !isQuietEnd(error)) this.#deps.incident(error)
    this.#deps.closed(this)
  }
}

function isAsyncIterable<T> (value: unknown): value is AsyncIterable<T> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
