import { TosError } from '../errors/index.ts'

const U32 = 0xffff_ffff

/** A u64 that only rises, as two halves: a bigint per frame would be garbage per frame. Its largest value is never used. */
export class FrameCounter {
  #high: number
  #low: number

  constructor (first: bigint = 0n) {
    this.#high = Number(first >> 32n)
    this.#low = Number(first & BigInt(U32))
  }

  /** True at 2^64 − 1, where nothing more can be sent. */
  get spent (): boolean { return this.#high === U32 && this.#low === U32 }

  /** Writes the value big-endian at `at`. Throws `SESSION_EXHAUSTED` at 2^64 − 1. */
  write (view: DataView, at: number): void {
    if (this.spent) throw new TosError('SESSION_EXHAUSTED', 'this stream has no counters left')
    view.setUint32(at, this.#high)
    view.setUint32(at + 4, this.#low)
  }

  /** True when the big-endian value at `at` is this one, and not the unusable last one. */
  matches (view: DataView, at: number): boolean {
    return view.getUint32(at + 4) === this.#low && view.getUint32(at) === this.#high && !this.spent
  }

  step (): void {
    this.#low = (this.#low + 1) >>> 0
    if (this.#low === 0) this.#high = (this.#high + 1) >>> 0
  }

  toString (): string {
    return (BigInt(this.#high) << 32n | BigInt(this.#low)).toString()
  }
}
