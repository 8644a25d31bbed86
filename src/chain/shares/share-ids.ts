import { AI_MINING_SHARE, shareSigningBytes } from '../../../protocols/index.ts'
import type { MiningShare } from '../../../protocols/index.ts'
import { sha256 } from '../../protocol/index.ts'
import { decode, encode, toHex } from '../../wire/index.ts'

/** The two names of a share. */
export interface NamedShare {
  /** SHA-256 of the whole share, hex: the same bytes. */
  readonly id: string
  /** SHA-256 of what is signed, hex: the same share, whatever its signature. A miner can sign one share in many ways. */
  readonly content: string
  readonly signed: Uint8Array
  /** A copy of its own: what arrives are views into a network buffer that may be megabytes long. */
  readonly share: MiningShare
}

/** Throws the wire codes for a field out of range, such as a quality above 100. */
export function nameShare (given: MiningShare, network: string): NamedShare {
  const bytes = encode(AI_MINING_SHARE.schema, given)
  const share = decode(AI_MINING_SHARE.schema, bytes)
  const signed = shareSigningBytes(share, network)
  return { id: toHex(sha256(bytes)), content: toHex(sha256(signed)), signed, share }
}
