import { sha256 } from '../../src/protocol/index.ts'
import { concatBytes, utf8Bytes } from '../../src/wire/bytes.ts'
import { domainPrefix } from '../domain.ts'
import { encode, toHex } from '../../src/wire/index.ts'
import { voteContent } from './messages.ts'
import type { Vote } from './messages.ts'

/** Vote id: SHA-256 over hex(block_hash) ‖ hex(voter_id) ‖ decimal(vote_type) ‖ decimal(timestamp) as text (spec `calculateVoteHash`). Omits the parents. */
export function voteId (vote: Pick<Vote, 'blockHash' | 'voterId' | 'voteType' | 'timestamp'>): Uint8Array {
  return sha256(utf8Bytes(`${toHex(vote.blockHash)}${toHex(vote.voterId)}${vote.voteType}${vote.timestamp}`))
}

/** The bytes a voter signs: "TOS-VOTE-V1" ‖ 0x00 ‖ u8 length of net ‖ net ‖ bincode of everything but the signature. */
export function voteSigningBytes (vote: Omit<Vote, 'signature'>, network: string): Uint8Array {
  return concatBytes(domainPrefix('TOS-VOTE-V1', network), encode(voteContent, vote))
}
