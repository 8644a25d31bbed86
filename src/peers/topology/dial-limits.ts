/** Numbers of the dial plan. */
export interface DialLimits {
  /** Dials at a time, and below `min` peers. */
  readonly parallel: number
  readonly emergencyParallel: number
  /** In an emergency so many of them are kept for bootstrap peers, until as many are connected or being dialled. */
  readonly bootstrapReserve: number
  readonly feelerEveryMs: number
  /** In an emergency a failed dial is tried again after this at the latest. */
  readonly emergencyRetryMs: number
  /** One seed may fill more than its share after nobody else had anything to offer for so long, and in an emergency. */
  readonly relaxAfterMs: number
  readonly emergencyRelaxAfterMs: number
}

export const DIAL_LIMITS: DialLimits = {
  // a node with enough peers is in no hurry: half the load on itself and on the candidates
  parallel: 4,
  // eight time-outs of 10 s at once; more would fill a home router's connection table
  emergencyParallel: 8,
  // a dead address book must not keep a node out while its seeds live
  bootstrapReserve: 2,
  // 720 addresses a day are tested without an attacker being able to make us hurry
  feelerEveryMs: 120_000,
  // after our own network was down every candidate waits for minutes, for no fault of its own
  emergencyRetryMs: 30_000,
  // with enough peers there is time for another walk through the DHT and another peer exchange
  relaxAfterMs: 60_000,
  // a DNS lookup may take 5 s: by then every source has answered or failed, and one seed's peers are better than none
  emergencyRelaxAfterMs: 5000
}
