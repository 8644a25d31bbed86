import { TosError } from '../errors/index.ts'

/** Stream numbers are 24 bits wide. */
const MAX_STREAM_NUMBER = 0xff_ffff
/** Numbers that may be missing below the highest one seen: streams still on their way. Whoever leaves more gaps is up to something. */
const MAX_GAPS = 4096

/**
 * Which stream numbers of one side are used up in an epoch: each at most once, in any order, without remembering all of them. Everything
 * up to `next` is used except the gaps.
 */
export class StreamNumbers {
  /** The lowest number above all that were seen. */
  #next: number
  readonly #gaps: Set<number> = new Set()

  /** `first`: 1 for the dialler, 2 for the listener. */
  constructor (first: 1 | 2) {
    this.#next = first
  }

  /** Draws the next number for a stream of our own. Throws `SESSION_EXHAUSTED` after 2^23 of them. */
  draw (): number {
    if (this.#next > MAX_STREAM_NUMBER) throw new TosError('SESSION_EXHAUSTED', 'this epoch has no stream numbers left')
    const drawn = this.#next
    this.#next += 2
    return drawn
  }

  /** Marks the other side's number as used. Throws `FRAME_REPLAYED` when it is used already, of the wrong side, or too far ahead. */
  claim (number: number): void {
    if ((number & 1) !== (this.#next & 1) || number === 0) throw new TosError('FRAME_REPLAYED', `stream number ${number} belongs to the other side`)
    if (number < this.#next) {
      if (!this.#gaps.delete(number)) throw new TosError('FRAME_REPLAYED', `stream number ${number} was used before`)
      return
    }
    if ((number - this.#next) / 2 + this.#gaps.size > MAX_GAPS) throw new TosError('FRAME_REPLAYED', `stream number ${number} leaves more than ${MAX_GAPS} others out`)
    for (let missing = this.#next; missing < number; missing += 2) this.#gaps.add(missing)
    this.#next = number + 2
  }

  get gaps (): number { return this.#gaps.size }
}
