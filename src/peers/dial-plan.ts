/** A peer that could be dialled: found by bootstrap, mdns or the DHT. */
export interface Candidate {
  /** Peer id in text, or the address itself while no id is known. */
  readonly key: string
  readonly addresses: readonly string[]
  /** How the candidate was found. */
  readonly source: 'bootstrap' | 'discovery' | 'dht'
  /** Failed dials in a row. */
  readonly failures: number
  /** Monotonic ms before which it is left alone. */
  readonly notBefore: number
}

/** What a plan must respect. */
export interface DialPlanOptions {
  /** Ids of the peers connected now. */
  readonly connected: ReadonlySet<string>
  /** Their addresses without `/p2p/…`: a candidate without a known id is recognised by its address. */
  readonly reached: ReadonlySet<string>
  readonly dialling: ReadonlySet<string>
  /** Peers the node wants. */
  readonly target: number
  /** Dials at a time. */
  readonly parallel: number
  readonly now: number
}

const FIRST_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 5 * 60_000

/** When a candidate may be tried again after its `failures`-th failed dial in a row: 1 s doubling to 5 min. */
export function backoff (failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.max(0, failures - 1), MAX_BACKOFF_MS)
}

/** Chooses whom to dial next: those never failed first, and bootstrap peers last, which only serve to get in. Pure. */
export function planDials (candidates: Iterable<Candidate>, { connected, reached, dialling, target, parallel, now }: DialPlanOptions): Candidate[] {
  const wanted = Math.min(target - connected.size - dialling.size, parallel - dialling.size)
  if (wanted <= 0) return []
  return [...candidates]
    .filter(({ key, notBefore }) => notBefore <= now && !connected.has(key) && !reached.has(key) && !dialling.has(key))
    .sort((a, b) => a.failures - b.failures || rank(a) - rank(b) || a.notBefore - b.notBefore)
    .slice(0, wanted)
}

function rank ({ source }: Candidate): number {
  return source === 'bootstrap' ? 1 : 0
}
