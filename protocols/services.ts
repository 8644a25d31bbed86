/** Service bits (u64) a node claims in PING and Hello: hints only (WIRE.md §5). */
export const SERVICE = {
  blocks: 1n << 0n, tx: 1n << 1n, snapshot: 1n << 2n, consensus: 1n << 3n, aiMining: 1n << 4n, mining: 1n << 5n, validator: 1n << 6n,
  lightServer: 1n << 7n, peerExchange: 1n << 8n, shareable: 1n << 9n, limited: 1n << 10n, sealed: 1n << 11n, pqHybrid: 1n << 12n, compactBlocks: 1n << 13n
} as const

/** Node type byte. */
export const NODE_TYPE = { full: 0, light: 1, mining: 2, validator: 3, unknown: 255 } as const
export type NodeType = keyof typeof NODE_TYPE
