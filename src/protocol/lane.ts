import type { Connection, Stream } from '@libp2p/interface'
import { TosError, toTosError } from '../errors/index.ts'
import { FrameStream } from '../frame/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import type { ProtocolDefinition } from './definition.ts'
import { ERROR, fromErrorMessage } from './error-message.ts'
import { decodePayload, writePayload } from './message.ts'
import type { MessageType } from './message.ts'
import { pairingId } from './pairing-id.ts'

/** Takes what comes back for one request. */
export interface Pending<Res> {
  /** `more`: another response follows, and the request stays open. */
  response (value: Res, more: boolean): void
  failed (error: TosError): void
}

/** What a lane reports to its owner. */
export interface LaneEvents<Res> {
  /** A frame broke a rule; the lane goes on. */
  readonly incident: (error: TosError) => void
  /** A response with id 0. Returns false when the protocol takes none; throws when it refuses this one. */
  readonly unsolicited: (value: Res) => boolean
  readonly closed: (error: TosError | undefined) => void
}

/** One outbound stream of one protocol: many requests at once, paired with their responses by id. */
export class Lane<Req, Res> {
  readonly frames: FrameStream
  readonly connection: Connection
  readonly #definition: ProtocolDefinition<Req, Res>
  readonly #events: LaneEvents<Res>
  readonly #pending: Map<bigint, Pending<Res>> = new Map()
  #retired = false
  #nextId = 1n

  constructor (definition: ProtocolDefinition<Req, Res>, stream: Stream, connection: Connection, codec: FrameCodec, events: LaneEvents<Res>) {
    this.#definition = definition
    this.connection = connection
    this.#events = events
    const { response } = definition
    this.frames = new FrameStream(stream, codec, {
      type: code => code === response.type.code ? response.type : code === ERROR.code ? ERROR : undefined,
      message: (type, payload) => { this.#receive(type, payload) },
      dropped: (error, frame) => {
        events.incident(error)
        if (frame !== undefined) this.#fail(frame.type === ERROR.code ? ERROR : response.type, frame.payload, error)
      },
      ended: () => { this.frames.finish() },
      closed: error => { this.#closed(error) }
    })
  }

  get pending (): number { return this.#pending.size }
  /** True once the lane is only there for the answers that are under way. */
  get retired (): boolean { return this.#retired }

  /** Takes no new requests; ends when those under way are answered or given up. */
  retire (): void {
    this.#retired = true
    this.#finishWhenDrained()
  }

  /** Sends a request and registers who takes the answers. Returns the pairing id. Throws `STREAM_CLOSED`, `BUSY` or a wire code. */
  send (request: Req, pending: Pending<Res>, randomId: () => bigint): bigint {
    const id = this.#definition.randomIds ? randomId() : this.#nextId++
    this.#write(id, request)
    this.#pending.set(id, pending)
    return id
  }

  /** Sends a message with id 0 that expects no answer. */
  notify (request: Req): void {
    this.#write(0n, request)
  }

  /** Stops waiting for an answer; one that still comes is no offence. */
  forget (id: bigint): void {
    if (this.#settle(id) !== undefined) this.#forgotten.add(id)
    if (this.#forgotten.size > MAX_FORGOTTEN) this.#forgotten.delete(this.#forgotten.values().next().value as bigint)
  }

  /** Ids given up on: their late answers are no offence. */
  readonly #forgotten: Set<bigint> = new Set()

  #write (id: bigint, request: Req): void {
    const { type, pack } = this.#definition.request
    this.frames.write(type, writer => { writePayload(type, pack(id, request, false), writer) })
  }

  #receive (type: number, payload: Uint8Array): void {
    try {
      if (type === ERROR.code) this.#receiveError(payload)
      else this.#receiveResponse(payload)
    } catch (error) {
      this.#events.incident(toTosError(error, 'HANDLER_FAILED'))
    }
  }

  #receiveError (payload: Uint8Array): void {
    const message = decodePayload(ERROR, payload, this.frames.padding)
    const error = fromErrorMessage(message)
    const pending = this.#settle(message.requestId)
    if (pending !== undefined) pending.failed(error)
    else if (!this.#forgotten.delete(message.requestId)) this.#events.incident(error)
  }

  #receiveResponse (payload: Uint8Array): void {
    const { response } = this.#definition
    const message = this.#decodeResponse(payload)
    const id = response.id(message)
    const more = response.more(message)
    const pending = this.#pending.get(id)
    if (pending === undefined) {
      if (more ? this.#forgotten.has(id) : this.#forgotten.delete(id)) return
      if (id === 0n && this.#events.unsolicited(response.value(message))) return
      throw new TosError('UNREQUESTED', `a ${response.type.name} answers request ${id}, which is not outstanding`)
    }
    if (!more) this.#settle(id)
    pending.response(response.value(message), more)
  }

  // whoever waits for an answer that cannot be read learns it now, not at the time-out
  #decodeResponse (payload: Uint8Array): unknown {
    const { type } = this.#definition.response
    try {
      return decodePayload(type, payload, this.frames.padding)
    } catch (error) {
      this.#fail(type, payload, toTosError(error))
      throw error
    }
  }

  #fail (type: MessageType<unknown>, payload: Uint8Array, error: TosError): void {
    this.#settle(pairingId(type, payload))?.failed(error)
  }

  /** Takes a request off the list. */
  #settle (id: bigint): Pending<Res> | undefined {
    const pending = this.#pending.get(id)
    if (this.#pending.delete(id)) this.#finishWhenDrained()
    return pending
  }

  #finishWhenDrained (): void {
    if (this.#retired && this.#pending.size === 0) this.frames.finish()
  }

  #closed (error: TosError | undefined): void {
    const reason = error ?? new TosError('STREAM_CLOSED', 'the stream ended before the answer')
    const waiting = [...this.#pending.values()]
    this.#pending.clear()
    this.#events.closed(error)
    for (const pending of waiting) pending.failed(reason)
  }
}

/** Late answers remembered per lane. */
const MAX_FORGOTTEN = 1024
