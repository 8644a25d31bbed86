import { createReferenceLedger } from '../../src/chain/index.ts'
import type { ReferenceLedger } from '../../src/chain/index.ts'

/** A private network at the least difficulty: every nonce will do, and blocks cost nothing. */
export const NETWORK = { network: 'faults', difficulty: 1n } as const

/** Opens the store in `location` as a node would. */
export function openLedger (location: string): Promise<ReferenceLedger> {
  return createReferenceLedger({ ...NETWORK, location })
}
