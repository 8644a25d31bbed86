import type { BackoffTable } from './typed-pubsub.ts'

/** Longest backoff a peer can impose on us, and how long that of a departed peer is kept, milliseconds. */
export const BACKOFF_LIMITS = { connectedMs: 3_600_000, departedMs: 120_000 } as const

/**
 * Shortens PRUNE backoffs in place. The sender of a PRUNE chooses its backoff freely (centuries are accepted) and the library
 * keeps it beyond the connection, so the table would grow with every identity that ever pruned us. GossipSub drops
 * what has expired by itself. Safe to repeat: an end only ever moves closer.
 */
export function clampBackoffs (table: BackoffTable, isConnected: (peer: string) => boolean, now: number): void {
  for (const peers of table.values()) {
    for (const [peer, end] of peers) {
      const latest = now + (isConnected(peer) ? BACKOFF_LIMITS.connectedMs : BACKOFF_LIMITS.departedMs)
      if (end > latest) peers.set(peer, latest)
    }
  }
}
