import { allocate, allocateOwn } from './bytes.ts'

/** A growing buffer that schemas append to. `take()` hands out a copy, so one writer serves many messages. */
export class ByteWriter {
  bytes: Uint8Array
  view: DataView
  length = 0

  constructor (capacity = 1024) {
    this.bytes = allocateOwn(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `count` more bytes and returns the offset where they start. Offsets stay good until `take()`. */
  reserve (count: number): number {
    const start = this.length
    const end = start + count
    if (end > this.bytes.length) this.#grow(end)
    this.length = end
    return start
  }

  /** Appends a `u64` length below 2^32. */
  putLength (length: number): void {
    const at = this.reserve(8)
    this.view.setUint32(at, length, true)
    this.view.setUint32(at + 4, 0, true)
  }

  putU32 (value: number): void {
    const at = this.reserve(4)
    this.view.setUint32(at, value, true)
  }

  putBytes (value: Uint8Array): void {
    const at = this.reserve(value.length)
    this.bytes.set(value, at)
  }

  /** Appends a `u64` length and the bytes. */
  putBlob (value: Uint8Array): void {
    const { length } = value
    const at = this.reserve(8 + length)
    this.view.setUint32(at, length, true)
    this.view.setUint32(at + 4, 0, true)
    this.bytes.set(value, at + 8)
  }

  /** Copies out what was written and starts over. */
  take (): Uint8Array {
    const out = allocate(this.length)
    out.set(this.bytes.subarray(0, this.length))
    this.length = 0
    return out
  }

  #grow (atLeast: number): void {
    const next = allocateOwn(Math.max(atLeast, this.bytes.length * 2))
    next.set(this.bytes.subarray(0, this.length))
    this.bytes = next
    this.view = new DataView(next.buffer)
  }
}
