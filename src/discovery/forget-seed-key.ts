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
 * To be called when a dial of somebody with an id failed. Where the operator named a seed by its address alone, another key may answer there
 * by now, and a dial for the old one would fail for ever: the id is forgotten and the address stands by itself again, so that the next dial
 * meets whoever answers and `createSeedPins` judges. An address named with `/p2p/<id>` is never dialled without it. Returns whether it did so.
 */
export function forgetSeedKey (candidates: Pick<Candidates, 'add' | 'remove'>, { key, peer, origins }: Unreached): boolean {
  const bare = (origins as readonly Origin[]).filter(origin => ['operator', 'bootstrap'].includes(kindOf(origin)) && origin.includes(':') && !origin.includes('/p2p/'))
  if (peer === undefined || bare.length === 0) return false
  candidates.remove(key)
  for (const origin of bare) candidates.add(origin, { addresses: [origin.slice(origin.indexOf(':') + 1)] })
  return true
}
