import { peerIdFromString } from '@libp2p/peer-id'
import { TosError } from '../../errors/index.ts'
import { parseRange, prefixKey } from '../net/index.ts'
import type { IpAddress, IpRange } from '../net/index.ts'

/** Whom a ban or a whitelist names. */
export type BanTarget = { readonly peer: string } | { readonly range: IpRange, readonly key: string }

/** Reads a peer id in any text form, an address or a CIDR range; `key` is the range's one spelling. Throws `INVALID_VALUE`. */
export function parseTarget (text: string): BanTarget {
  return /[.:/]/.test(text) ? rangeTarget(text) : { peer: canonicalPeer(text) }
}

/** The one spelling of a target: it is the key of tables and what is listed. */
export function targetKey (target: BanTarget): string {
  return 'peer' in target ? target.peer : target.key
}

function rangeTarget (text: string): BanTarget {
  try {
    const range = parseRange(text)
    // everybody is nobody in particular: most likely a slip, and it would cut this node off
    if (range.bits === 0) throw new TosError('INVALID_VALUE', `${text} is every address`)
    return { range, key: prefixKey(range as IpAddress, range.bits) }
  } catch (cause) {
    throw invalid(text, cause)
  }
}

// a peer id has several spellings; a table keyed by all of them would miss
function canonicalPeer (text: string): string {
  try {
    return peerIdFromString(text).toString()
  } catch (cause) {
    throw invalid(text, cause)
  }
}

function invalid (text: string, cause: unknown): TosError {
  return new TosError('INVALID_VALUE', `${text.slice(0, 80)} is no peer id, address or range`, { cause, hint: 'write a peer id like 12D3KooW…, an address, or a range like 203.0.113.0/24' })
}
