import type { PeerFacts } from './facts.ts'
import { addSample } from './round-trip.ts'
import type { RoundTrip } from './round-trip.ts'

/** Answers smaller than this measure the way, not its width, bytes. */
const WIDE_BYTES = 16 * 1024
/** Weight of a new sample of bandwidth: transfers are few and differ. */
const WIDTH_GAIN = 1 / 4
/** Fewer pings and dials say nothing about uptime. */
const LEAST_TRIES = 4

/** The measurements of one peer. Times in ms of one monotonic clock. */
export class PeerRecord {
  lastBlockAt: number | undefined
  lastTransactionAt: number | undefined
  #since: number | undefined
  #pastMs = 0
  #roundTrip: RoundTrip | undefined
  #misses = 0
  readonly #pings = { answered: 0, lost: 0 }
  readonly #dials = { answered: 0, lost: 0 }
  readonly #served = { answers: 0, bytes: 0, failed: 0 }
  #mbps: number | undefined

  connected (now: number): void { this.#since ??= now }

  disconnected (now: number): void {
    if (this.#since === undefined) return
    this.#pastMs += now - this.#since
    this.#since = undefined
    // another connection, another chance
    this.#misses = 0
  }

  ponged (rttMs: number | undefined): void {
    this.#misses = 0
    this.#pings.answered++
    if (rttMs !== undefined) this.#roundTrip = addSample(this.#roundTrip, rttMs)
  }

  missed (): number {
    this.#pings.lost++
    return ++this.#misses
  }

  dialled (answered: boolean): void { this.#dials[answered ? 'answered' : 'lost']++ }

  served (bytes: number, tookMs: number): void {
    this.#served.answers++
    this.#served.bytes += bytes
    if (bytes < WIDE_BYTES || tookMs <= 0) return
    const mbps = bytes * 8 / 1000 / tookMs
    this.#mbps = this.#mbps === undefined ? mbps : this.#mbps + WIDTH_GAIN * (mbps - this.#mbps)
  }

  unserved (): void { this.#served.failed++ }

  facts (now: number): PeerFacts {
    const answered = this.#pings.answered + this.#dials.answered
    const tries = answered + this.#pings.lost + this.#dials.lost
    return {
      rttMs: this.#roundTrip?.smoothedMs, minRttMs: this.#roundTrip?.minMs, lastRttMs: this.#roundTrip?.lastMs,
      misses: this.#misses, pings: { ...this.#pings }, lastBlockAt: this.lastBlockAt, lastTransactionAt: this.lastTransactionAt,
      served: { ...this.#served }, bandwidthMbps: this.#mbps,
      uptimeMs: this.#pastMs + (this.#since === undefined ? 0 : now - this.#since),
      uptime: tries < LEAST_TRIES ? undefined : answered / tries
    }
  }
}
