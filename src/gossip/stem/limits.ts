/** Numbers of Dandelion++ as this network uses it (SECURITY §4), and the bounds of what strangers can make a node hold. */
export const STEM = {
  /** `privacy_level` from which on a transaction travels along a stem. */
  fromLevel: 2,
  /** An epoch lasts `epochMs` and up to `epochSpreadMs` more, so that the nodes of a network do not change their stems together. */
  epochMs: 600_000,
  epochSpreadMs: 30_000,
  /** Peers that others' and our own transactions are sent along. */
  stems: 2,
  /** Origins of an epoch that are spread evenly; where further ones go is left to chance. */
  origins: 256,
  /** Share of the epochs in which a node fluffs what it is sent. */
  fluffShare: 0.2,
  /** Mean of the exponential time after which whoever has seen a transaction fluffs it, and the longest one. */
  embargoMs: 39_000,
  embargoMostMs: 390_000,
  /** Pause before a transaction that found no stem tries again. */
  retryMs: 2000,
  /** Times one transaction is passed on when it comes back by other ways. */
  passes: 2,
  /** Transactions and their bytes, held for all peers together, for one of them, and for ourselves. */
  pool: { count: 2048, bytes: 16 << 20, peerCount: 256, peerBytes: 2 << 20, ownCount: 256, ownBytes: 8 << 20 },
  /** Announcements of one connection whose body has not come: as many as it may have streams. */
  announced: 4,
  /** Transactions that wait for a cell on one link. */
  waiting: 64
} as const

/** Cover traffic of each kind: `meanMs` between two cells of a link; `paced`: transactions leave in the place of a cell only. */
export const COVER = {
  off: undefined,
  light: { meanMs: 20_000, paced: false },
  strong: { meanMs: 2000, paced: true }
} as const

export type CoverTraffic = keyof typeof COVER
