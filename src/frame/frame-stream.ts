import type { Stream } from '@libp2p/interface'
import { TosError, toTosError } from '../errors/index.ts'
import type { TosErrorCode } from '../errors/index.ts'
import { ByteWriter } from '../wire/index.ts'
import type { FrameCodec, FrameType } from './frame-codec.ts'
import { FrameReader, MAX_SKIPPED_BYTES } from './frame-reader.ts'

/** Largest single write: what one full noise message carries, so that nothing is split below us (bytes). */
export const WRITE_BYTES = 65_507

/**
 * Frames of one tick are sent once they are this many bytes together, instead of at its end: the other side begins while we go on.
 * With 64 requests of 1 KiB in flight that is a fifth faster; smaller pieces cost more system calls than they
 * win, and at this size three writes carry them.
 */
const FLUSH_BYTES = 21 * 1024

/** What a `FrameStream` tells its owner. */
export interface FrameStreamHandlers {
  /** The message type behind a header's code; `undefined`: this stream does not carry it. */
  readonly type: (code: number) => FrameType | undefined
  /** A checked frame; `payload` belongs to the receiver. */
  readonly message: (code: number, payload: Uint8Array) => void
  /**
   * A frame was dropped (`CORRUPT_MESSAGE`, `WRONG_NODE_ID`, `CLOCK_SKEW`, `UNKNOWN_TYPE`); the stream goes on. `frame` is what it held when
   * its bytes are known to be undamaged, so that whoever waits for it can be told.
   */
  readonly dropped: (error: TosError, frame?: { readonly type: number, readonly payload: Uint8Array }) => void
  /** The other side will send no more; answers may still be written. */
  readonly ended: () => void
  /** The stream is over, by a fatal code of the codec too; nothing is called after this. */
  readonly closed: (error: TosError | undefined) => void
}

/** Limits of one stream. */
export interface FrameStreamOptions {
  /** Above this many unsent bytes `congested` turns true, default 1 MiB. */
  readonly highWaterBytes?: number
  /** Above this many unsent bytes a write is refused with `BUSY`, default 16 MiB. */
  readonly maxQueuedBytes?: number
}

/**
 * Frames over one libp2p stream: the only place that touches stream back-pressure. Frames written in the same tick leave in one
 * write; unsent bytes are counted and bounded; reading pauses on demand.
 */
export class FrameStream {
  readonly stream: Stream
  /** Whole frames read so far, dropped ones included. */
  framesRead = 0
  readonly #codec: FrameCodec
  readonly #handlers: FrameStreamHandlers
  readonly #reader: FrameReader
  /** Type of the frame under way: set by its header, used by its end. */
  #incoming: FrameType | undefined
  readonly #highWater: number
  readonly #maxQueued: number
  readonly #batch = new ByteWriter(1024)
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  /** Frames in `#batch`. */
  #batched = 0
  #flushing = false
  #finishing = false
  #done = false
  readonly #over = Promise.withResolvers<void>()
  #ended = false
  readonly #drainWaiters: Set<() => void> = new Set()

  constructor (stream: Stream, codec: FrameCodec, handlers: FrameStreamHandlers, { highWaterBytes = 1 << 20, maxQueuedBytes = 16 << 20 }: FrameStreamOptions = {}) {
    this.stream = stream
    this.#codec = codec
    this.#handlers = handlers
    this.#highWater = highWaterBytes
    this.#maxQueued = maxQueuedBytes
    this.#reader = new FrameReader({
      cap: code => {
        const type = handlers.type(code) ?? this.#foreign(code)
        this.#incoming = type
        return type === undefined ? undefined : codec.wireCap(type)
      },
      frame: (_code, header, body) => { this.#receive(this.#incoming as FrameType, header, body) },
      unknown: code => {
        this.framesRead++
        handlers.dropped(unknownType(code))
      }
    })
    stream.addEventListener('message', event => { this.#push(event.data) })
    // not at once: the event comes before libp2p has sent its own backlog, and what we add then only piles up behind it
    stream.addEventListener('drain', () => { queueMicrotask(() => { this.#pump() }) })
    stream.addEventListener('end', () => { this.#end() })
    stream.addEventListener('close', event => { this.#close(event.error === undefined ? undefined : new TosError('STREAM_CLOSED', 'the stream was reset', { cause: event.error })) })
    // whoever waited for the codec kept the stream paused; not at once, because the owner does not hold this object yet
    if (stream.readStatus === 'paused') queueMicrotask(() => { this.#unpause() })
    // the close event may have fired before anybody could listen
    if (stream.status !== 'open') queueMicrotask(() => { this.#close(new TosError('STREAM_CLOSED', `the stream is ${stream.status}`)) })
    else if (stream.remoteWriteStatus === 'closed' && stream.readableEnded) queueMicrotask(() => { this.#end() })
  }

  /** Zero-padding rule for payloads of this stream. */
  get padding (): FrameCodec['padding'] { return this.#codec.padding }
  /** Bytes of the frame under way, 0 between frames: the slow-stream guard watches it. */
  get partialBytes (): number { return this.#reader.partialBytes }
  get paused (): boolean { return this.#reader.paused }
  get queuedBytes (): number { return this.#queuedBytes + this.#batch.length + this.stream.writeBufferLength }
  /** True while more is unsent than the high-water mark: stop producing, or await `drained()`. */
  get congested (): boolean { return this.queuedBytes > this.#highWater }
  get done (): boolean { return this.#done }
  /** True once the codec wants the stream replaced: finish what is under way, ask nothing new. */
  get stale (): boolean { return this.#codec.stale }
  /** Resolves when the stream is over in both directions, however it ended. */
  get closed (): Promise<void> { return this.#over.promise }
  /** True while a write has a chance to arrive: neither end nor the stream itself is closing. */
  get writable (): boolean { return !this.#done && !this.#finishing && this.stream.writeStatus === 'writable' }

  /**
   * Appends one frame; `fill` writes its payload. Leaves with everything else of this tick. Throws `STREAM_CLOSED`, `BUSY` when
   * too much is unsent, or whatever `fill` or the codec throws (the frame is then taken back).
   */
  write (type: FrameType, fill: (writer: ByteWriter) => void): void {
    if (this.#done || this.#finishing) throw new TosError('STREAM_CLOSED', 'the stream is closed for writing')
    if (this.queuedBytes > this.#maxQueued) throw new TosError('BUSY', `${this.queuedBytes} bytes wait to be sent`)
    const batch = this.#batch
    const start = batch.length
    try {
      const opened = this.#codec.begin(batch)
      fill(batch)
      this.#codec.finish(batch, opened, type)
    } catch (error) {
      batch.length = start
      throw error
    }
    if (batch.length >= FLUSH_BYTES || ++this.#batched >= this.#codec.batchFrames) this.#flush()
    else if (!this.#flushing) {
      this.#flushing = true
      queueMicrotask(() => { this.#flush() })
    }
  }

  /** Resolves when less than the high-water mark is unsent. Throws the signal's reason, or `STREAM_CLOSED`. */
  async drained (signal?: AbortSignal): Promise<void> {
    while (this.congested && !this.#done) {
      signal?.throwIfAborted()
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = (): void => { resolve() }
      this.#drainWaiters.add(wake)
      signal?.addEventListener('abort', wake)
      await promise
      this.#drainWaiters.delete(wake)
      signal?.removeEventListener('abort', wake)
    }
    signal?.throwIfAborted()
    if (this.#done) throw new TosError('STREAM_CLOSED', 'the stream closed while it was drained')
  }

  /** Stops reading after the frame at hand; bytes wait below us, bounded by the muxer's window. */
  pause (): void {
    this.#reader.pause()
    if (this.stream.readStatus === 'readable') this.stream.pause()
  }

  resume (): void {
    if (this.#done || !this.#reader.paused) return
    this.#guard(() => { this.#reader.resume() })
    if (this.#reader.paused) return
    this.#unpause()
    if (this.#ended) this.#end()
  }

  /** Ends our side once everything is sent; the other side may still write. */
  finish (): void {
    if (this.#done || this.#finishing) return
    this.#flush()
    this.#finishing = true
    this.#pump()
  }

  /** Ends the stream at once in both directions. */
  abort (code: TosErrorCode, message: string): void {
    this.#fail(new TosError(code, message))
  }

  #unpause (): void {
    if (!this.#done && !this.#reader.paused && this.stream.status === 'open' && this.stream.readStatus === 'paused') this.stream.resume()
  }

  // A sealed frame is opened whatever its type says: it takes a counter, and a changed type must not pass for one that is merely unknown.
  #foreign (code: number): FrameType | undefined {
    return this.#codec.padding === 'zeros' ? { code, maxBytes: MAX_SKIPPED_BYTES, privacy: 'low' } : undefined
  }

  #push (data: Uint8Array | Iterable<Uint8Array>): void {
    if (this.#done) return
    this.#guard(() => {
      if (data instanceof Uint8Array) this.#reader.push(data)
      else for (const chunk of data) this.#reader.push(chunk)
    })
  }

  #guard (act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#fail(toTosError(error))
    }
  }

  #receive (type: FrameType, header: Uint8Array, body: Uint8Array): void {
    if (this.#done) return
    this.framesRead++
    let payload: Uint8Array
    try {
      payload = this.#codec.open(header, body, type)
    } catch (error) {
      const coded = toTosError(error)
      if (this.#codec.fatal.has(coded.code)) {
        this.#fail(coded)
        return
      }
      // the body of a sealed frame is not its payload
      const readable = this.#codec.padding === 'none' && coded.code !== 'CORRUPT_MESSAGE'
      this.#handlers.dropped(coded, readable ? { type: type.code, payload: body } : undefined)
      return
    }
    if (this.#handlers.type(type.code) === undefined) this.#handlers.dropped(unknownType(type.code))
    else this.#handlers.message(type.code, payload)
  }

  #end (): void {
    // a reset or a lost connection ends the stream too, and says so in its close event
    if (this.stream.status !== 'open') return
    this.#ended = true
    // what was kept while paused is delivered first
    if (this.#done || this.#reader.paused) return
    this.#ended = false
    if (this.partialBytes > 0) this.#handlers.dropped(new TosError('TRUNCATED', `the stream ended inside a frame, after ${this.partialBytes} bytes`))
    this.#handlers.ended()
  }

  #flush (): void {
    this.#flushing = false
    if (this.#done || this.#batch.length === 0) return
    this.#batched = 0
    const bytes = this.#batch.take()
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    this.#pump()
  }

  // a connection that is gone but not yet closed throws from `send`: that ends this stream, not the process
  #pump (): void {
    try {
      this.#send()
    } catch (error) {
      this.#fail(toTosError(error, 'STREAM_CLOSED'))
    }
  }

  #send (): void {
    const { stream } = this
    while (this.#queue.length > 0 && !stream.writableNeedsDrain && stream.writeStatus === 'writable') {
      const head = this.#queue[0] as Uint8Array
      const slice = head.length > WRITE_BYTES ? head.subarray(0, WRITE_BYTES) : head
      if (slice.length === head.length) this.#queue.shift()
      else this.#queue[0] = head.subarray(WRITE_BYTES)
      this.#queuedBytes -= slice.length
      stream.send(slice)
    }
    if (this.#drainWaiters.size > 0 && !this.congested) this.#wake()
    if (this.#finishing && this.#queue.length === 0 && stream.writeStatus === 'writable') {
      stream.close().catch((error: unknown) => { this.#fail(toTosError(error, 'STREAM_CLOSED')) })
    }
  }

  #fail (error: TosError): void {
    if (this.#done) return
    // first, because the stream's own close event, which the abort fires at once, knows no code
    this.#close(error)
    this.stream.abort(error)
  }

  #close (error: TosError | undefined): void {
    if (this.#done) return
    this.#done = true
    // the rest of the chunk at hand is nobody's any more
    this.#reader.pause()
    this.#queue.length = 0
    this.#queuedBytes = 0
    this.#wake()
    this.#handlers.closed(error)
    this.#over.resolve()
  }

  #wake (): void {
    for (const wake of this.#drainWaiters) wake()
    this.#drainWaiters.clear()
  }
}

function unknownType (code: number): TosError {
  return new TosError('UNKNOWN_TYPE', `type 0x${code.toString(16)} is not carried here`, { details: { type: code } })
}
