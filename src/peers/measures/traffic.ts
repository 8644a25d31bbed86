import { LRUCache } from 'lru-cache'
import { HEADER_BYTES } from '../../frame/index.ts'
import type { FrameCodec } from '../../frame/index.ts'
import type { Carrier, Carriers } from '../../protocol/index.ts'

/** Frames of TOS protocols exchanged with a peer, and their bytes with headers and padding. Gossip travels outside frames. */
export interface Traffic {
  readonly messagesIn: number
  readonly messagesOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Of those that came, the ones of the last 60 s, about. */
  readonly recentMessages: number
  readonly recentBytes: number
}

/** Frames per peer. */
export interface TrafficMeter {
  /** The same carriers; what travels on them is counted. */
  readonly carriers: (carriers: Carriers) => Carriers
  /** What was exchanged with a peer. */
  of (peer: string): Traffic
}

/** Counts of one peer; `minutes` is what came in the minute under way, `before` in the one before. */
interface Counts {
  messagesIn: number
  messagesOut: number
  bytesIn: number
  bytesOut: number
  minuteAt: number
  readonly minutes: { messages: number, bytes: number }
  readonly before: { messages: number, bytes: number }
}

const MINUTE_MS = 60_000
const NOTHING: Traffic = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, recentMessages: 0, recentBytes: 0 }

/** Peers counted, those of the longest ago forgotten: more than a node has connections. */
const MAX_PEERS = 1024

/** Counts outlive a connection, because another one may take its place at any moment. `clock`: monotonic ms. */
export function createTrafficMeter ({ clock }: { readonly clock: () => number }): TrafficMeter {
  const counts = new LRUCache<string, Counts>({ max: MAX_PEERS })
  const countsOf = (peer: string): Counts => {
    const known = counts.get(peer) ?? { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, minuteAt: clock(), minutes: { messages: 0, bytes: 0 }, before: { messages: 0, bytes: 0 } }
    counts.set(peer, known)
    return known
  }
  return {
    carriers: carriers => id => carriers(id).map((carrier): Carrier => Object.assign({}, carrier, {
      codec (...[stream, connection, local]: Parameters<Carrier['codec']>) {
        const codec = carrier.codec(stream, connection, local)
        const meter = countsOf(connection.remotePeer.toString())
        return codec instanceof Promise ? codec.then(made => metered(made, meter, clock)) : metered(codec, meter, clock)
      }
    })),
    of: peer => readCounts(counts.get(peer), clock())
  }
}

/** Begins a new minute when the last one is over. */
function turn (counts: Counts, now: number): void {
  const past = now - counts.minuteAt
  if (past < MINUTE_MS) return
  Object.assign(counts.before, past < 2 * MINUTE_MS ? counts.minutes : { messages: 0, bytes: 0 })
  Object.assign(counts.minutes, { messages: 0, bytes: 0 })
  counts.minuteAt += Math.floor(past / MINUTE_MS) * MINUTE_MS
}

function metered (codec: FrameCodec, counts: Counts, clock: () => number): FrameCodec {
  const { padding, fatal, batchFrames } = codec
  return {
    padding, fatal, batchFrames,
    get stale () { return codec.stale },
    wireCap: type => codec.wireCap(type),
    begin: writer => codec.begin(writer),
    finish (writer, start, type) {
      codec.finish(writer, start, type)
      counts.messagesOut++
      counts.bytesOut += writer.length - start
    },
    open (header, body, type) {
      // before the check: what is damaged came as well
      const bytes = HEADER_BYTES + body.length
      turn(counts, clock())
      counts.messagesIn++
      counts.bytesIn += bytes
      counts.minutes.messages++
      counts.minutes.bytes += bytes
      return codec.open(header, body, type)
    }
  }
}

function readCounts (counts: Counts | undefined, now: number): Traffic {
  if (counts === undefined) return NOTHING
  turn(counts, now)
  const { messagesIn, messagesOut, bytesIn, bytesOut, minutes, before, minuteAt } = counts
  // of the minute before, the part that is less than 60 s ago
  const part = 1 - (now - minuteAt) / MINUTE_MS
  return {
    messagesIn, messagesOut, bytesIn, bytesOut,
    recentMessages: minutes.messages + Math.round(before.messages * part),
    recentBytes: minutes.bytes + Math.round(before.bytes * part)
  }
}
