import type { Uint8ArrayList } from 'uint8arraylist'
import type { Clock } from '../../src/chain/clock.ts'

/** Payload of one TCP segment on Ethernet, less options. */
export const SEGMENT_BYTES = 1400
/** Shortest retransmission time-out in use (Linux); it doubles for every further loss of the same segment (RFC 6298 §5.5). */
const RETRANSMIT_MS = 200

/** One direction of a link. */
export interface PathOptions {
  readonly clock: Clock
  /** 0 ≤ r < 1. */
  readonly random: () => number
  /** Chance that a segment is lost, each time it is sent. */
  readonly loss: number
  /** One way, ms. */
  readonly delayMs: number
}

/** Bytes that arrive late, whole, and in order. */
export interface DelayPipe {
  /** Sends bytes. */
  push (data: Uint8ArrayList): void
  /** Calls `run` when all that was sent before has arrived. */
  end (run: () => void): void
  /** Nothing arrives before `release`. */
  hold (): void
  release (): void
  /** Forgets what is under way. */
  stop (): void
  /** Bytes under way. */
  readonly bytes: number
}

/** Time a segment takes beyond the path's delay, ms: nothing, or its retransmissions. */
export function retransmissionMs (random: () => number, loss: number): number {
  let wait = 0
  for (let next = RETRANSMIT_MS; random() < loss; next *= 2) wait += next
  return wait
}

/** A path that loses segments as TCP shows it: a lost one comes later, and all that follows waits behind it. */
export function createDelayPipe ({ clock, random, loss, delayMs }: PathOptions, deliver: (data: Uint8ArrayList) => void): DelayPipe {
  const queue: Array<{ readonly due: number, readonly data?: Uint8ArrayList, readonly run?: () => void }> = []
  let bytes = 0
  let last = 0
  let held = false
  let cancel: (() => void) | undefined

  const arrival = (): number => {
    last = Math.max(last, clock.now() + delayMs + retransmissionMs(random, loss))
    return last
  }
  const arrived = (): typeof queue[number] | undefined => held || queue[0] === undefined || queue[0].due > clock.now() ? undefined : queue.shift()
  const schedule = (): void => {
    const [first] = queue
    if (cancel !== undefined || held || first === undefined) return
    cancel = clock.after(Math.max(0, first.due - clock.now()), () => {
      cancel = undefined
      for (let item = arrived(); item !== undefined; item = arrived()) {
        bytes -= item.data?.byteLength ?? 0
        if (item.data !== undefined) deliver(item.data)
        item.run?.()
      }
      schedule()
    })
  }
  return {
    push (data) {
      let from = 0
      let due = arrival()
      // segments that arrive together are handed on together
      for (let to = SEGMENT_BYTES; to < data.byteLength; to += SEGMENT_BYTES) {
        const next = arrival()
        if (next === due) continue
        queue.push({ due, data: data.sublist(from, to) })
        from = to
        due = next
      }
      queue.push({ due, data: data.sublist(from) })
      bytes += data.byteLength
      schedule()
    },
    end (run) {
      queue.push({ due: arrival(), run })
      schedule()
    },
    hold () {
      held = true
      cancel?.()
      cancel = undefined
    },
    release () {
      held = false
      schedule()
    },
    stop () {
      cancel?.()
      cancel = undefined
      held = true
      queue.length = 0
      bytes = 0
    },
    get bytes () { return bytes }
  }
}
