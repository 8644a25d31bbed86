import { TosError } from '../errors/index.ts'
import { allocate } from '../wire/bytes.ts'
import { checkPreamble, HEADER_BYTES, HEADER_OFFSET } from './header.ts'

/** Largest payload of an unknown type that is skipped instead of ending the stream, bytes (WIRE.md §2). */
export const MAX_SKIPPED_BYTES = 64 * 1024

/** Where a reader delivers. */
export interface FrameSink {
  /** Most bytes that may follow a header of this type; `undefined`: this stream does not carry it. */
  cap (type: number): number | undefined
  /** A whole frame. `header` is reused after the call; `body` belongs to the receiver. */
  frame (type: number, header: Uint8Array, body: Uint8Array): void
  /** A frame of a type the stream does not carry went by. */
  unknown (type: number, length: number): void
}

/**
 * Cuts a byte stream into frames, whatever the chunks. Magic, version, type and the type's size gate are checked on the header,
 * before any payload is buffered, so a hostile length costs nothing. Pure: no timers, no stream.
 */
export class FrameReader {
  /** Bytes of the frame under way; 0 between frames. */
  partialBytes = 0
  readonly #sink: FrameSink
  readonly #header = new Uint8Array(HEADER_BYTES)
  readonly #view = new DataView(this.#header.buffer)
  #body: Uint8Array | undefined
  #length = 0
  #skip = 0
  #type = 0
  #paused = false
  #reading = false
  /** Bytes not yet looked at; the first chunk up to `#at` is done with. */
  readonly #chunks: Uint8Array[] = []
  #at = 0

  constructor (sink: FrameSink) {
    this.#sink = sink
  }

  get paused (): boolean { return this.#paused }

  /** Stops delivery after the frame at hand; what is pushed until `resume()` is kept in order. */
  pause (): void { this.#paused = true }

  /** Goes on with what was kept. Throws as `push` does. */
  resume (): void {
    this.#paused = false
    this.#read()
  }

  /** Takes the next bytes of the stream. Throws `WRONG_MAGIC`, `INCOMPATIBLE_VERSION` or `MESSAGE_TOO_LARGE`: the stream is then unusable. */
  push (chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#read()
  }

  // a sink may pause, resume or even push while it takes a frame: only the outermost call reads, so the order holds
  #read (): void {
    if (this.#reading) return
    this.#reading = true
    try {
      while (!this.#paused) {
        const chunk = this.#chunks[0]
        if (chunk === undefined) return
        this.#at = this.#take(chunk, this.#at)
        if (this.#at < chunk.length) continue
        this.#chunks.shift()
        this.#at = 0
      }
    } finally {
      this.#reading = false
    }
  }

  #take (chunk: Uint8Array, from: number): number {
    if (this.#skip > 0) {
      const step = Math.min(this.#skip, chunk.length - from)
      this.#skip -= step
      this.partialBytes = this.#skip === 0 ? 0 : this.partialBytes + step
      return from + step
    }
    return this.#body === undefined ? this.#takeHeader(chunk, from) : this.#takeBody(chunk, from, this.#body)
  }

  #takeHeader (chunk: Uint8Array, from: number): number {
    const step = Math.min(HEADER_BYTES - this.partialBytes, chunk.length - from)
    copy(chunk, from, this.#header, this.partialBytes, step)
    this.partialBytes += step
    if (this.partialBytes < HEADER_BYTES) return from + step
    checkPreamble(this.#view, 0)
    this.#open(this.#view.getUint16(HEADER_OFFSET.type, true), this.#view.getUint32(HEADER_OFFSET.length, true))
    return from + step
  }

  #open (type: number, length: number): void {
    const cap = this.#sink.cap(type)
    if (length > (cap ?? MAX_SKIPPED_BYTES)) {
      throw new TosError('MESSAGE_TOO_LARGE', `type 0x${type.toString(16)} announces ${length} bytes, the cap is ${cap ?? MAX_SKIPPED_BYTES}`, { details: { type, length, cap: cap ?? MAX_SKIPPED_BYTES } })
    }
    if (cap === undefined) {
      this.#skip = length
      if (length === 0) this.partialBytes = 0
      this.#sink.unknown(type, length)
      return
    }
    this.#type = type
    this.#length = length
    this.#body = EMPTY
    if (length === 0) this.#deliver(EMPTY)
  }

  #takeBody (chunk: Uint8Array, from: number, held: Uint8Array): number {
    const filled = this.partialBytes - HEADER_BYTES
    const body = filled === held.length ? this.#grow(held) : held
    const step = Math.min(body.length - filled, chunk.length - from)
    copy(chunk, from, body, filled, step)
    this.partialBytes += step
    if (filled + step === this.#length) this.#deliver(body)
    return from + step
  }

  #grow (held: Uint8Array): Uint8Array {
    const next = allocate(Math.min(this.#length, Math.max(FIRST_ALLOCATION, held.length * 4)))
    next.set(held)
    this.#body = next
    return next
  }

  #deliver (body: Uint8Array): void {
    this.#body = undefined
    this.partialBytes = 0
    this.#sink.frame(this.#type, this.#header, body)
  }
}

const EMPTY = new Uint8Array(0)
/** A body's buffer appears with its first byte, starts with this many and grows with what really arrives: an announced length costs nothing. */
const FIRST_ALLOCATION = 128 * 1024

// a frame owns its bytes: views that outlive it must not keep a network buffer alive
function copy (from: Uint8Array, at: number, to: Uint8Array, target: number, length: number): void {
  if (length < 32) for (let i = 0; i < length; i++) to[target + i] = from[at + i] as number
  else to.set(from.subarray(at, at + length), target)
}
