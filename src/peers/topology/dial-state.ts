import type { OutboundSlot, PlannedDial, WhyNot } from './candidate.ts'
import type { DialLimits } from './dial-limits.ts'
import type { TopologyLimits } from './limits.ts'
import type { Want } from './prioritise.ts'

/** How things stand now. */
export interface DialState {
  readonly now: number
  /** Ids of all connected peers, of either direction. */
  readonly connected: ReadonlySet<string>
  /** Their addresses without `/p2p/…`: a candidate without a known id is recognised by its address. */
  readonly reached: ReadonlySet<string>
  /** Outbound connections and dials in flight. */
  readonly slots: readonly OutboundSlot[]
  /** From `prioritise`. */
  readonly want: Want
  /** No new block for longer than is likely: the peers we have may be keeping it from us. */
  readonly staleTip?: boolean
  /** When the last feeler left; absent: never. */
  readonly lastFeelerAt?: number | undefined
  /** Since when every plan said `starved`; absent: the last one did not. */
  readonly starvedSince?: number | undefined
}

export interface DialOptions {
  /** 0 ≤ r < 1; decides between equals, and whom a feeler tests. */
  readonly random: () => number
  /** Loopback and private addresses follow no diversity rule. Default false. */
  readonly exemptPrivate?: boolean
  readonly limits?: Partial<TopologyLimits>
  readonly dials?: Partial<DialLimits>
}

export interface DialPlan {
  readonly dials: readonly PlannedDial[]
  /** For each candidate not chosen, one word (`WHY_NOT`). */
  readonly explain: ReadonlyMap<string, WhyNot>
  /** All who are left to dial come from a seed that has had its share: pass the time this began as `starvedSince`. */
  readonly starved: boolean
}
