import type { IdentifyResult } from '@libp2p/interface'
import { TosError } from '../errors/index.ts'

/**
 * The network of a peer that speaks TOS, but only another network's; `undefined` for our own and for plain libp2p nodes. The ids of its
 * protocols are the only place where two networks ever meet.
 */
export function foreignNetwork ({ protocols }: Pick<IdentifyResult, 'protocols'>, network: string): string | undefined {
  if (protocols.some(id => id.startsWith(`/tos/${network}/`))) return undefined
  for (const id of protocols) {
    const other = /^\/tos\/([a-z0-9-]{1,32})\/session\//.exec(id)?.[1]
    if (other !== undefined) return other
  }
  return undefined
}

/** Why a peer of another network is hung up on. */
export function wrongNetwork (other: string, network: string): TosError {
  return new TosError('CHAIN_ID_MISMATCH', `the peer runs ${other}, this node ${network}`)
}
