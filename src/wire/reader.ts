import { TosError } from '../errors/index.ts'

/** A cursor over received bytes. Every take checks what is left before it looks. */
export class ByteReader {
  readonly bytes: Uint8Array
  readonly view: DataView
  offset = 0

  constructor (bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left (): number { return this.bytes.length - this.offset }

  /** Moves past `count` bytes and returns the offset where they start. */
  take (count: number): number {
    const start = this.offset
    if (count > this.bytes.length - start) {
      throw new TosError('TRUNCATED', `need ${count} bytes at offset ${start}, ${this.left} left`, { details: { need: count, left: this.left } })
    }
    this.offset = start + count
    return start
  }

  /** Reads a `u64` length: at most `max`, and small enough that `unit` bytes each can still follow. */
  takeLength (max: number, unit: number): number {
    const at = this.take(8)
    const low = this.view.getUint32(at, true)
    if (this.view.getUint32(at + 4, true) !== 0 || low > max) {
      throw new TosError('LENGTH_LIMIT', `length ${this.view.getBigUint64(at, true)} exceeds the limit of ${max}`, { details: { max } })
    }
    if (low * unit > this.left) {
      throw new TosError('TRUNCATED', `length ${low} needs ${low * unit} bytes, ${this.left} left`, { details: { need: low * unit, left: this.left } })
    }
    return low
  }
}
