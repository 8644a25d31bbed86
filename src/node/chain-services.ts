import { SERVICE } from '../../protocols/index.ts'
import { isLightLedger } from '../chain/index.ts'
import type { Ledger } from '../chain/index.ts'

/**
 * Service bits that follow from the store: no blocks are promised while the disk refuses them, pruned ones are admitted, and who has all of them
 * proves transactions to light nodes. A light node promises nothing.
 */
export function chainServices (ledger: Pick<Ledger, 'upkeep'>): bigint {
  if (isLightLedger(ledger)) return 0n
  const { upkeep } = ledger
  return SERVICE.tx | (upkeep?.writable === false ? 0n : SERVICE.blocks) | ((upkeep?.prunedBelow ?? 0n) > 0n ? SERVICE.limited : SERVICE.lightServer)
}
