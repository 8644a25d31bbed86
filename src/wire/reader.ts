import { TosError } from '../errors/index.ts'

// A BigInt out of two 32-bit halves, without a DataView per message: one costs more to create than a small message to read.
const halves = new Uint32Array(2)
const unsigned = new BigUint64Array(halves.buffer)
const signed = new BigInt64Array(halves.buffer)
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1
const HIGH = 1 - LOW

/** A cursor over received bytes. Every read checks what is left before it looks. */
export class ByteReader {
  readonly bytes: Uint8Array
  offset = 0
  #view: DataView | undefined
  #buffer: ArrayBufferLike | undefined

  constructor (bytes: Uint8Array) {
    this.bytes = bytes
  }

  get left (): number { return this.bytes.length - this.offset }

  /** A view over all the bytes, created when first asked for. */
  get view (): DataView {
    return this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
  }

  /** Moves past `count` bytes and returns the offset where they start. */
  take (count: number): number {
    const start = this.offset
    const end = start + count
    if (end > this.bytes.length) throw truncated(count, start, this.left)
    this.offset = end
    return start
  }

  takeU8 (): number {
    return this.bytes[this.take(1)] as number
  }

  takeU16 (): number {
    const at = this.take(2)
    return (this.bytes[at] as number) | (this.bytes[at + 1] as number) << 8
  }

  takeU32 (): number {
    const at = this.take(4)
    return word(this.bytes, at) >>> 0
  }

  takeU64 (): bigint {
    const at = this.take(8)
    halves[LOW] = word(this.bytes, at)
    halves[HIGH] = word(this.bytes, at + 4)
    return unsigned[0] as bigint
  }

  takeI64 (): bigint {
    const at = this.take(8)
    halves[LOW] = word(this.bytes, at)
    halves[HIGH] = word(this.bytes, at + 4)
    return signed[0] as bigint
  }

  /** A view of the next `count` bytes: a plain `Uint8Array`, whatever kind of bytes the reader was given. */
  takeBytes (count: number): Uint8Array {
    const { bytes } = this
    const at = this.take(count)
    const buffer = this.#buffer ??= bytes.buffer
    return new Uint8Array(buffer, bytes.byteOffset + at, count)
  }

  /** Reads a `u64` length: at most `max`, and small enough that `unit` bytes each can still follow. */
  takeLength (max: number, unit: number): number {
    const at = this.take(8)
    const low = word(this.bytes, at) >>> 0
    if (low > max || word(this.bytes, at + 4) !== 0) {
      throw new TosError('LENGTH_LIMIT', `length ${this.view.getBigUint64(at, true)} exceeds the limit of ${max}`, { details: { max } })
    }
    if (low * unit > this.left) throw truncated(low * unit, this.offset, this.left)
    return low
  }
}

function word (bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | (bytes[at + 1] as number) << 8 | (bytes[at + 2] as number) << 16 | (bytes[at + 3] as number) << 24
}

function truncated (need: number, offset: number, left: number): TosError {
  return new TosError('TRUNCATED', `need ${need} bytes at offset ${offset}, ${left} left`, { details: { need, left } })
}
