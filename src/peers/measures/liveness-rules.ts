import type { TosErrorCode } from '../../errors/index.ts'

/** When peers are pinged. All times in ms. */
export interface LivenessRules {
  /** Between an answer and the next ping, about; issue and specification say 60 s. */
  readonly intervalMs: number
  /** Share by which an interval may be shorter or longer, so that the pings of peers who came together drift apart. */
  readonly jitter: number
  /** From the session to the first ping, at most: after the rush of the beginning, whose queues would be measured. */
  readonly firstMs: number
  /** From a miss to the next try, at least; at most twice that. */
  readonly retryMs: number
  /** Longest a peer may take to answer. */
  readonly timeoutMs: number
  /** Misses in a row after which a peer is parted with. */
  readonly misses: number
  /** Pings under way at once; more wait. */
  readonly inFlight: number
}

/**
 * Three misses at 10 s each, with 5 to 10 s between: a path may be dead for half a minute (a route that changes, a roaming laptop), and a
 * peer that says nothing is gone 2 to 3 minutes after its last answer. A connection whose other end vanished stands for hours otherwise.
 */
export const LIVENESS_RULES: LivenessRules = { intervalMs: 60_000, jitter: 0.25, firstMs: 2000, retryMs: 5000, timeoutMs: 10_000, misses: 3, inFlight: 8 }

/** The rules for another interval: who pings more often wants to know sooner, too. */
export function livenessRules (intervalMs: number): LivenessRules {
  const part = Math.min(1, intervalMs / LIVENESS_RULES.intervalMs)
  const { firstMs, retryMs, timeoutMs } = LIVENESS_RULES
  return { ...LIVENESS_RULES, intervalMs, firstMs: firstMs * part, retryMs: retryMs * part, timeoutMs: timeoutMs * part }
}

/** What a ping says of its peer. `void`: nothing, the fault is ours or the connection's end is told otherwise. */
export type PingVerdict = 'alive' | 'miss' | 'void'

/** It spoke: an ERROR is an answer too, and so is "I do not speak that", though neither is a round trip. */
const SPOKE: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['PROTOCOL_UNSUPPORTED', 'REMOTE_ERROR'])
/** Ours: we stop, were too busy to send, or there is no session to send it under. */
const OURS: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['ABORTED', 'BUSY', 'NOT_STARTED', 'NODE_STOPPED', 'NO_SESSION', 'RELAYED_ONLY'])

/** The verdict on a ping that failed. `remote`: the peer sent the error. */
export function judgePing (code: TosErrorCode, remote: boolean): PingVerdict {
  if (remote || SPOKE.has(code)) return 'alive'
  return OURS.has(code) ? 'void' : 'miss'
}
