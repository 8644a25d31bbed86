import { describeCause, TosError } from '../errors/index.ts'
import type { Candidates } from './candidates.ts'
import { kindOf } from './sources.ts'
import type { Origin } from './sources.ts'

/** A candidate as the dialler knows it. */
export interface Unreached {
  readonly key: string
  readonly peer: string | undefined
  readonly origins: readonly string[]
}

/**
 * To be called when a dial of a candidate failed with `error`. For each seed the operator named it notes `PEER_UNREACHABLE`, which the snapshot
 * tells. Where the operator named the seed by its address alone, another key may answer there by now, and a dial for the old one would fail
 * for ever: the id is forgotten and the address stands by itself again, so that the next dial meets whoever answers and `createSeedPins`
 * judges. An address named with `/p2p/<id>` is never dialled without it.
 */
export function seedUnreached (candidates: Pick<Candidates, 'add' | 'remove' | 'failed'>, { key, peer, origins }: Unreached, error: unknown): void {
  const seeds = (origins as readonly Origin[]).filter(origin => ['operator', 'bootstrap'].includes(kindOf(origin)) && origin.includes(':'))
  for (const origin of seeds) candidates.failed(origin, new TosError('PEER_UNREACHABLE', `the seed cannot be reached: ${describeCause(error)}`, { cause: error }))
  const bare = seeds.filter(origin => !origin.includes('/p2p/'))
  if (peer === undefined || bare.length === 0) return
  candidates.remove(key)
  for (const origin of bare) candidates.add(origin, { addresses: [origin.slice(origin.indexOf(':') + 1)] })
}
