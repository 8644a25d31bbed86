import { SERVICE } from '../../protocols/index.ts'
import type { Ledger } from '../chain/index.ts'

/** Service bits that follow from the store: no blocks are promised while the disk refuses them, and pruned ones are admitted. */
export function chainServices ({ upkeep }: Pick<Ledger, 'upkeep'>): bigint {
  return SERVICE.tx | (upkeep?.writable === false ? 0n : SERVICE.blocks) | ((upkeep?.prunedBelow ?? 0n) > 0n ? SERVICE.limited : 0n)
}
