import type { Connection, Stream } from '@libp2p/interface'
import { TosError, toTosError } from '../errors/index.ts'
import { FrameStream } from '../frame/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import type { Handler, ProtocolDefinition } from './definition.ts'
import { ERROR, safeText, wireCode } from './error-message.ts'
import type { Gcra } from './gcra.ts'
import { HandlerContext } from './handler-context.ts'
import { decodePayload, writePayload } from './message.ts'

/** What an inbound stream needs from its protocol. */
export interface InboundDeps<Req, Res> {
  readonly definition: ProtocolDefinition<Req, Res>
  readonly handle: Handler<Req, Res>
  readonly limiter: Gcra
  /** Monotonic milliseconds. */
  readonly clock: () => number
  readonly incident: (error: TosError) => void
  readonly closed: (stream: InboundStream<Req, Res>) => void
}

const DEFAULT_MAX_CONCURRENT = 64

/** The answering side of one stream: reads requests, runs the handler, writes responses in the order they are ready. */
export class InboundStream<Req, Res> {
  readonly frames: FrameStream
  readonly connection: Connection
  readonly #deps: InboundDeps<Req, Res>
  readonly #maxConcurrent: number
  readonly #running: Set<HandlerContext> = new Set()
  #ended = false
  #congested = false

  constructor (deps: InboundDeps<Req, Res>, stream: Stream, connection: Connection, codec: FrameCodec) {
    const { request, limits } = deps.definition
    this.#deps = deps
    this.connection = connection
    this.#maxConcurrent = limits.maxConcurrent ?? DEFAULT_MAX_CONCURRENT
    this.frames = new FrameStream(stream, codec, {
      cap: type => type === request.type.code ? request.type.maxBytes : undefined,
      message: (_type, payload) => { this.#receive(payload) },
      dropped: error => { this.#refuse(0n, error) },
      ended: () => { this.#ended = true; this.#finishWhenIdle() },
      closed: error => { this.#closed(error) }
    })
  }

  get running (): number { return this.#running.size }

  #receive (payload: Uint8Array): void {
    const { definition, limiter, clock } = this.#deps
    const { request } = definition
    if (!limiter.take(clock())) {
      this.#refuse(peekId(payload, request.type.tag), new TosError('RATE_LIMITED', `more than ${definition.limits.perPeer.count} in ${definition.limits.perPeer.perMs} ms`))
      return
    }
    let message: unknown
    try {
      message = decodePayload(request.type, payload, this.frames.padding)
    } catch (error) {
      this.#refuse(peekId(payload, request.type.tag), toTosError(error))
      return
    }
    const id = request.id(message)
    const value = request.value(message)
    const extra = definition.cost(value) - 1
    if (extra > 0 && !limiter.take(clock(), extra)) {
      this.#refuse(id, new TosError('RATE_LIMITED', `the request costs ${extra + 1} units of ${definition.limits.perPeer.count} in ${definition.limits.perPeer.perMs} ms`))
      return
    }
    this.#run(id, value)
  }

  #run (id: bigint, value: Req): void {
    const context = new HandlerContext(this.connection)
    let result: ReturnType<Handler<Req, Res>>
    try {
      result = this.#deps.handle(value, context)
    } catch (error) {
      this.#refuse(id, handlerError(error))
      return
    }
    if (isAsyncIterable(result)) this.#track(context, this.#respondAll(id, result, context))
    else if (result instanceof Promise) this.#track(context, result.then(response => { this.#respond(id, response, false) }), id)
    else this.#respond(id, result, false)
  }

  // at the limit the stream pauses: what comes next waits below us instead of piling up here
  #track (context: HandlerContext, work: Promise<void>, id = 0n): void {
    const { definition } = this.#deps
    const timer = setTimeout(() => { context.abort(new TosError('TIMEOUT', `the handler took more than ${definition.limits.timeoutMs} ms`)) }, definition.limits.timeoutMs)
    this.#running.add(context)
    this.#updatePause()
    work.catch((error: unknown) => { this.#refuse(id, handlerError(error)) }).finally(() => {
      clearTimeout(timer)
      this.#running.delete(context)
      this.#updatePause()
      this.#finishWhenIdle()
    })
  }

  async #respondAll (id: bigint, values: AsyncIterable<Res>, context: HandlerContext): Promise<void> {
    try {
      let held: { value: Res } | undefined
      for await (const value of values) {
        if (held !== undefined) this.#respond(id, held.value, true)
        held = { value }
        await this.frames.drained(context.signal)
      }
      // the last one says that no more follow; a handler without a value has nothing to say it with
      if (held === undefined) throw new TosError('UNAVAILABLE', 'there is nothing to send')
      this.#respond(id, held.value, false)
    } catch (error) {
      this.#refuse(id, handlerError(error))
    }
  }

  #respond (id: bigint, value: Res | undefined, more: boolean): void {
    if (value === undefined || this.frames.done) return
    const { type, pack } = this.#deps.definition.response
    try {
      this.frames.write(type.code, writer => { writePayload(type, pack(id, value, more), writer) })
    } catch (error) {
      this.#refuse(id, new TosError('HANDLER_FAILED', 'the handler returned a value that cannot be sent', { cause: error }))
      return
    }
    if (this.frames.congested) this.#waitForReader()
  }

  #refuse (id: bigint, error: TosError): void {
    this.#deps.incident(error)
    if (this.frames.done) return
    try {
      this.frames.write(ERROR.code, writer => { writePayload(ERROR, { requestId: id, code: wireCode(error.code), text: safeText(error) }, writer) })
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
    for (const context of this.#running) context.abort(reason)
    if (error !== undefined && error.code !== 'STREAM_CLOSED' && error.code !== 'ABORTED') this.#deps.incident(error)
    this.#deps.closed(this)
  }
}

/** Every message begins with its pairing id, so that even a malformed request can be answered by id. */
function peekId (payload: Uint8Array, tag: number | undefined): bigint {
  const at = tag === undefined ? 0 : 4
  if (payload.length < at + 8) return 0n
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getBigUint64(at, true)
}

function handlerError (error: unknown): TosError {
  if (error instanceof TosError) return error
  return new TosError('HANDLER_FAILED', 'the handler threw', { cause: error })
}

function isAsyncIterable<T> (value: unknown): value is AsyncIterable<T> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
