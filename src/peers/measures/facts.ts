import type { AdmissionFacts } from '../topology/index.ts'

/** What we measured of a peer ourselves, over all its connections. What is absent was never measured; nothing here can be claimed. */
export interface PeerFacts {
  /** Nonce-checked ping, ms: smoothed, the lowest ever and the last. */
  readonly rttMs?: number | undefined
  readonly minRttMs?: number | undefined
  readonly lastRttMs?: number | undefined
  /** Pings in a row without an answer, and all pings. */
  readonly misses: number
  readonly pings: { readonly answered: number, readonly lost: number }
  /** When it last was the first to bring a block, or a transaction, that was new and valid: ms of the table's clock. */
  readonly lastBlockAt?: number | undefined
  readonly lastTransactionAt?: number | undefined
  /** Answers to our requests for blocks and transactions: how many brought something, the bytes in them, and how many brought nothing in time. */
  readonly served: { readonly answers: number, readonly bytes: number, readonly failed: number }
  /** From the larger of these answers, Mbit/s. */
  readonly bandwidthMbps?: number | undefined
  /** Time connected, past connections included, ms. */
  readonly uptimeMs: number
  /** Share of our pings and dials that it answered, 0..1. */
  readonly uptime?: number | undefined
}

/** The facts that the specification's prior asks for; where the peer lies is added by who knows. A miner is who brought us a block. */
export function priorFacts (facts: PeerFacts | undefined): Omit<AdmissionFacts, 'diverse'> {
  if (facts === undefined) return {}
  const { uptime, rttMs, bandwidthMbps, pings, lastBlockAt } = facts
  // who was asked and never answered is no stranger
  const latencyMs = rttMs ?? (pings.lost > 0 ? Infinity : undefined)
  return { uptime, latencyMs, bandwidthMbps, mining: lastBlockAt !== undefined }
}
