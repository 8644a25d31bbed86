import { toHex } from '../../wire/index.ts'
import type { Ledger } from '../ledger.ts'

/** Most blocks looked at after one reorganisation; what lies deeper is lost to the pool, not to the chain. */
const MAX_BLOCKS = 1024

/**
 * Blocks that a reorganisation may have taken out of the order, oldest first: those above the point `depth` selected
 * blocks below the old tip, side branches included. Some may still be in the order; the pool's nonce check sorts them out.
 */
export function abandonedBlocks (ledger: Ledger, oldTip: Uint8Array, depth: number): Uint8Array[] {
  let fork: Uint8Array | undefined = oldTip
  for (let step = 0; step < depth && fork !== undefined; step++) fork = ledger.header(fork)?.parents[0]
  const floor = (fork === undefined ? undefined : ledger.header(fork))?.height ?? 0n

  const found = new Map<string, { hash: Uint8Array, height: bigint }>()
  const open = [oldTip]
  for (let hash = open.shift(); hash !== undefined && found.size < MAX_BLOCKS; hash = open.shift()) {
    const header = ledger.header(hash)
    const key = toHex(hash)
    if (header === undefined || header.height <= floor || found.has(key)) continue
    found.set(key, { hash, height: header.height })
    open.push(...header.parents)
  }
  return [...found.values()].sort((a, b) => Number(a.height - b.height)).map(({ hash }) => hash)
}
