import type { FrameStream } from '../frame/index.ts'

/** Time limits of SECURITY "slow streams". */
export interface StreamTimeLimits {
  /** An inbound stream must bring its first frame within this time, ms. */
  readonly firstFrameMs: number
  /** A started frame must keep this pace, bytes per second. */
  readonly minBytesPerSecond: number
  /** A started frame must be whole within this time, ms. */
  readonly frameMs: number
}

/** Defaults of SECURITY §3. */
export const STREAM_TIME_LIMITS: StreamTimeLimits = { firstFrameMs: 5000, minBytesPerSecond: 1024, frameMs: 60_000 }

/** A frame this young is not judged by its pace, ms: one lost packet is no attack. */
const PACE_GRACE_MS = 2000
/** How often streams are looked at, ms. */
export const WATCH_INTERVAL_MS = 1000
/** A look that comes later than this after the last one finds everybody late: then our own loop stood still, ms. */
const LATE_MS = 1500

interface Watched {
  since: number
  readonly inbound: boolean
  frame: number
  frameSince: number | undefined
  readonly retire: (() => void) | undefined
}

/** Looks at every stream once a second with one timer for all of them, closes those that hold a frame back, and tells the owners of stale ones. */
export class StreamWatch {
  readonly #limits: StreamTimeLimits
  readonly #streams: Map<FrameStream, Watched> = new Map()
  #checkedAt: number | undefined

  constructor (limits: StreamTimeLimits = STREAM_TIME_LIMITS) {
    this.#limits = limits
  }

  get size (): number { return this.#streams.size }

  /** `retire` is called while the stream is stale, so that one nobody writes on is replaced too. It must bear repetition. */
  add (stream: FrameStream, inbound: boolean, now: number, retire?: () => void): void {
    this.#streams.set(stream, { since: now, inbound, frame: -1, frameSince: undefined, retire })
  }

  delete (stream: FrameStream): void {
    this.#streams.delete(stream)
  }

  /** Judges every stream at `now` (ms, monotonic) aborts the slow ones with `SLOW_STREAM` and retires the stale ones. */
  check (now: number): void {
    const gap = now - (this.#checkedAt ?? now)
    this.#checkedAt = now
    for (const [stream, watched] of this.#streams) {
      // what has come meanwhile waits in our own socket
      if (gap > LATE_MS) forgive(watched, gap, now)
      const problem = this.#judge(stream, watched, now)
      if (problem !== undefined) stream.abort('SLOW_STREAM', problem)
      else if (stream.stale) watched.retire?.()
    }
  }

  #judge (stream: FrameStream, watched: Watched, now: number): string | undefined {
    // while we do not read, the pace is ours
    if (stream.partialBytes === 0 || stream.paused) {
      watched.frameSince = undefined
      const silent = watched.inbound && stream.framesRead === 0 && !stream.paused && now - watched.since > this.#limits.firstFrameMs
      return silent ? `no frame within ${this.#limits.firstFrameMs} ms` : undefined
    }
    if (watched.frameSince === undefined || watched.frame !== stream.framesRead) {
      watched.frame = stream.framesRead
      watched.frameSince = now
      return undefined
    }
    const age = now - watched.frameSince
    if (age > this.#limits.frameMs) return `a frame took more than ${this.#limits.frameMs} ms`
    const slow = age >= PACE_GRACE_MS && stream.partialBytes < age / 1000 * this.#limits.minBytesPerSecond
    return slow ? `${stream.partialBytes} bytes of a frame in ${Math.round(age)} ms` : undefined
  }
}

/** Takes the time we were away off every age. */
function forgive (watched: Watched, awayMs: number, now: number): void {
  watched.since = Math.min(now, watched.since + awayMs)
  if (watched.frameSince !== undefined) watched.frameSince = Math.min(now, watched.frameSince + awayMs)
}
