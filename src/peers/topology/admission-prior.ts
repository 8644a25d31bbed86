/** What we measured of a peer ourselves; what is absent was never measured. */
export interface AdmissionFacts {
  /** Share of our tries at which it was there, 0..1; above 1 counts as the specification's 1.5x at most. */
  readonly uptime?: number | undefined
  /** Nonce-checked ping, ms. `Infinity`: it never answered. */
  readonly latencyMs?: number | undefined
  /** From completed transfers, Mbit/s. */
  readonly bandwidthMbps?: number | undefined
  /** It sent valid work, or claims to mine: worth a tenth, no more. */
  readonly mining?: boolean | undefined
  /** Its address group is none of those we are connected to. */
  readonly diverse?: boolean | undefined
}

/** The factors of a prior; their product times 100 is `score`. */
export interface PriorParts {
  readonly uptime: number
  readonly latency: number
  readonly bandwidth: number
  readonly mining: number
  readonly diverse: number
  /** 20 .. 270.27; 79.2 when nothing is known. */
  readonly score: number
}

const BASE = 100
/** What the specification assumes of a peer it knows nothing of. */
const UNKNOWN = { uptime: 0.8, latencyMs: 100, bandwidthMbps: 10 } as const
/** The ranges that the specification's comments name; its code forgets the lower or the upper end of each. */
const RANGE = { uptime: [0.5, 1.5], latency: [0.5, 1.2], bandwidth: [0.8, 1.3] } as const
const MINING = 1.1
const DIVERSE = 1.05

/** The specification's calculate_peer_score, each factor held in its range: how soon to try a peer that is not connected. */
export function admissionPrior (facts: AdmissionFacts): number {
  return explainPrior(facts).score
}

/** `admissionPrior` with its factors. Any input gives numbers in range: NaN and negative ones count as not measured. */
export function explainPrior (facts: AdmissionFacts): PriorParts {
  // an infinite latency is a ping that failed, but an infinite uptime or bandwidth is a division by zero
  const latencyMs = facts.latencyMs === Infinity ? Infinity : measured(facts.latencyMs, UNKNOWN.latencyMs)
  const uptime = clamp(measured(facts.uptime, UNKNOWN.uptime), RANGE.uptime)
  const latency = clamp(1.2 - latencyMs / 1000, RANGE.latency)
  const bandwidth = clamp(0.8 + measured(facts.bandwidthMbps, UNKNOWN.bandwidthMbps) / 100, RANGE.bandwidth)
  const mining = facts.mining === true ? MINING : 1
  const diverse = facts.diverse === true ? DIVERSE : 1
  return { uptime, latency, bandwidth, mining, diverse, score: BASE * uptime * latency * bandwidth * mining * diverse }
}

function measured (value: number | undefined, otherwise: number): number {
  return value !== undefined && Number.isFinite(value) && value >= 0 ? value : otherwise
}

function clamp (value: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, value))
}
