import { TosError, toTosError } from '../errors/index.ts'
import type { FrameStream } from '../frame/index.ts'
import { abortable } from './abortable.ts'
import { encodePayload, writePayload } from './message.ts'
import type { MessageType } from './message.ts'

/** Sends on a stream that was opened with `StreamService.open`. */
export interface StreamSender<Out> {
  /** Throws `RATE_LIMITED` above the definition's own limit, `STREAM_CLOSED`, `BUSY` or a wire code; once a replacement failed, its code. */
  send<T extends Out> (type: MessageType<T>, value: T): void
  /** Resolves when less than 1 MiB is unsent. */
  drained (signal?: AbortSignal): Promise<void>
  /** Ends the stream once everything is sent; resolves when the other side has ended it too, or it broke. */
  close (): Promise<void>
}

/** What a sender needs from its service. */
export interface SenderDeps {
  /** Takes one message from the budget. Throws `RATE_LIMITED`. */
  readonly charge: () => void
  /** True while the connection may carry another stream. */
  readonly connected: () => boolean
  /** A fresh stream to the same peer, within the definition's time. */
  readonly reopen: () => Promise<FrameStream>
  /** Messages that were taken and will not arrive. */
  readonly lost: (error: TosError) => void
}

/** Above this many bytes held for a stream that is being opened, messages are refused: what an open one may hold (bytes). */
const MAX_HELD_BYTES = 16 << 20

/**
 * The sending end of one stream after another. When the codec of a stream grows stale it is finished, all that was written leaves, and
 * the next message opens its successor; messages written until that is open are held and go first. An idle sender opens nothing,
 * because a silent stream is an offence at the other end.
 */
export class RenewingSender<Out> implements StreamSender<Out> {
  readonly #deps: SenderDeps
  #frames: FrameStream
  #opening: Promise<void> | undefined
  #held: Array<{ readonly type: MessageType<unknown>, readonly payload: Uint8Array }> = []
  #heldBytes = 0
  #retired = false
  #closing = false
  #failure: TosError | undefined

  constructor (frames: FrameStream, deps: SenderDeps) {
    this.#frames = frames
    this.#deps = deps
  }

  send<T extends Out> (type: MessageType<T>, value: T): void {
    this.#deps.charge()
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closing) throw new TosError('STREAM_CLOSED', 'the stream is closed for writing')
    this.retire()
    if (this.#retired) this.#renew()
    if (this.#opening === undefined) this.#frames.write(type, writer => { writePayload(type, value, writer) })
    else this.#hold(type, value)
  }

  async drained (signal?: AbortSignal): Promise<void> {
    while (this.#opening !== undefined) await (signal === undefined ? this.#opening : abortable(this.#opening, signal))
    if (this.#failure !== undefined) throw this.#failure
    // a retired stream still sends what it holds, and takes nothing that could wait
    if (!this.#retired) await this.#frames.drained(signal)
  }

  async close (): Promise<void> {
    this.#closing = true
    await this.#opening
    if (this.#failure !== undefined) return
    this.#frames.finish()
    await this.#frames.closed
  }

  /** Finishes the stream when it is stale. Harmless at any time. */
  retire (): void {
    if (this.#opening !== undefined || this.#closing || !this.#frames.stale || !this.#frames.writable) return
    this.#retired = true
    this.#frames.finish()
  }

  #renew (): void {
    if (!this.#deps.connected()) throw new TosError('STREAM_CLOSED', 'the connection is closed')
    this.#retired = false
    this.#opening = this.#deps.reopen().then(fresh => { this.#adopt(fresh) }, (error: unknown) => { this.#fail(toTosError(error)) })
  }

  #adopt (fresh: FrameStream): void {
    this.#opening = undefined
    this.#frames = fresh
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    try {
      for (const { type, payload } of held) fresh.write(type, writer => { writer.putBytes(payload) })
    } catch (error) {
      this.#fail(toTosError(error))
    }
  }

  #hold<T extends Out> (type: MessageType<T>, value: T): void {
    if (this.#heldBytes > MAX_HELD_BYTES) throw new TosError('BUSY', `${this.#heldBytes} bytes wait for a stream`)
    const payload = encodePayload(type, value)
    this.#held.push({ type: type as MessageType<unknown>, payload })
    this.#heldBytes += payload.length
  }

  #fail (cause: TosError): void {
    this.#opening = undefined
    this.#held = []
    this.#heldBytes = 0
    this.#failure = new TosError(cause.code, `the stream could not be replaced: ${cause.message}`, { cause })
    this.#deps.lost(this.#failure)
  }
}
