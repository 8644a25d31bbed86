/** How many connections of which kind a node keeps. Shares are thousandths. */
export interface TopologyLimits {
  /** Below it the node is in an emergency. */
  readonly min: number
  /** What dialling and pruning both aim at. */
  readonly target: number
  /** Never more than this, but for the operator's own. */
  readonly max: number
  readonly outboundShare: number
  readonly minOutbound: number
  /** Outbound connections that carry blocks only. */
  readonly blockOnly: number
  /** Outbound connections per address group, per ASN, and to addresses of unknown group. */
  readonly perGroup: number
  readonly perAsn: number
  readonly unknownGroup: number
  /** Most outbound slots that hints of one seed, and of one kind of source, may fill. */
  readonly seedShare: number
  readonly sourceShare: number
}

export const TOPOLOGY_LIMITS: TopologyLimits = {
  // the specification's minPeers, targetPeers, maxPeers
  min: 8,
  target: 25,
  max: 50,
  // whom we dial we chose; whoever dials us may be an attacker: 30 % of 25 is 8, what an eclipse must win one by one
  outboundShare: 300,
  minOutbound: 8,
  // links that carry no transactions cannot be found by watching transactions spread
  blockOnly: 2,
  // a /16 or /32 is cheap to rent once and dear to rent eight times; an ASN holds many of them
  perGroup: 1,
  perAsn: 2,
  // names and relays hide where they lead until connected
  unknownGroup: 2,
  // 2 of the first 8: a lying seed alone wins no majority, and it takes four of them to fill the set
  seedShare: 250,
  // 6 of the first 8: the last quarter waits for another kind of source, when there is one
  sourceShare: 750
}

/** The limits with `changes`, made consistent: min ≤ target ≤ max, and no more outbound wanted than peers. */
export function topologyLimits (changes: Partial<TopologyLimits> = {}): TopologyLimits {
  const given = { ...TOPOLOGY_LIMITS, ...changes }
  const target = Math.max(given.min, given.target)
  return { ...given, target, max: Math.max(target, given.max), minOutbound: Math.min(given.minOutbound, target) }
}

/** Outbound connections wanted among `size` peers. */
export function outboundFloor (size: number, { outboundShare, minOutbound }: TopologyLimits): number {
  return Math.max(minOutbound, Math.ceil(size * outboundShare / 1000))
}
