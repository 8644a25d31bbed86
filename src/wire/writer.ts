/** A growing buffer that schemas append to. `take()` hands out a copy, so one writer serves many messages. */
export class ByteWriter {
  bytes: Uint8Array
  view: DataView
  length = 0

  constructor (capacity = 1024) {
    this.bytes = Buffer.allocUnsafeSlow(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `count` more bytes and returns the offset where they start. */
  reserve (count: number): number {
    const start = this.length
    const end = start + count
    if (end > this.bytes.length) this.#grow(end)
    this.length = end
    return start
  }

  /** Copies out what was written and starts over. */
  take (): Uint8Array {
    const out = Buffer.allocUnsafe(this.length)
    out.set(this.bytes.subarray(0, this.length))
    this.length = 0
    return out
  }

  #grow (atLeast: number): void {
    const next = Buffer.allocUnsafeSlow(Math.max(atLeast, this.bytes.length * 2))
    next.set(this.bytes.subarray(0, this.length))
    this.bytes = next
    this.view = new DataView(next.buffer)
  }
}
