import { defineMessage } from '../../src/protocol/index.ts'
import type { MessageOf } from '../../src/protocol/index.ts'
import { bytes, i64, refine, struct, u32, u64, vec } from '../../src/wire/index.ts'

/** Most parents of one vote, and most votes of one fetch. */
export const MAX_VOTES = 64
/** What a vote says (`voteType`). */
export const VOTE_TYPE = { accept: 0, reject: 1, abstain: 2 } as const

const hash = bytes(32)
const voteType = refine(u32, value => value <= 2 ? undefined : `vote type ${value} is not 0..2`)
const timestamp = refine(i64, value => value >= 0n ? undefined : 'vote time is negative')
const parentVotes = vec(hash, { max: MAX_VOTES })

/** A vote on a block: `voterId` an Ed25519 key, `timestamp` in Unix seconds. */
export const vote = struct({ blockHash: hash, voterId: hash, voteType, timestamp, signature: bytes(64), parentVotes })
/** The part of a vote that is signed, after the domain prefix (`voteSigningBytes`). */
export const voteContent = struct({ blockHash: hash, voterId: hash, voteType, timestamp, parentVotes })

/** CONSENSUS_VOTE (0x40). */
export const CONSENSUS_VOTE = defineMessage({ name: 'CONSENSUS_VOTE', code: 0x40, tag: 9, schema: vote, maxBytes: 2200, privacy: 'high' })
/** VOTE_REQUEST (0x7F05): votes by id. */
export const VOTE_REQUEST = defineMessage({ name: 'VOTE_REQUEST', code: 0x7f05, schema: struct({ requestId: u64, ids: vec(hash, { min: 1, max: MAX_VOTES }) }), privacy: 'high' })
/** VOTE_RESPONSE (0x7F06). */
export const VOTE_RESPONSE = defineMessage({
  name: 'VOTE_RESPONSE', code: 0x7f06, privacy: 'high', maxBytes: 160 * 1024,
  schema: struct({ requestId: u64, votes: vec(vote, { max: MAX_VOTES }), notFound: vec(hash, { max: MAX_VOTES }) })
})

export type Vote = MessageOf<typeof CONSENSUS_VOTE>
export type VoteRequest = MessageOf<typeof VOTE_REQUEST>
export type VoteResponse = MessageOf<typeof VOTE_RESPONSE>
