import { defineProtocol, defineTopic } from '../../src/protocol/index.ts'
import type { ProtocolDefinition, RequestContext, TopicContext, TopicDefinition, Verdict } from '../../src/protocol/index.ts'
import { CONSENSUS_VOTE, VOTE_REQUEST, VOTE_RESPONSE } from './messages.ts'
import type { Vote, VoteRequest, VoteResponse } from './messages.ts'

/** Decides about votes, and finds those held. */
export interface VoteService {
  /** Called after the form of the vote was checked; signature, authority and parents are the service's. */
  vote (vote: Vote, context: TopicContext): Verdict | Promise<Verdict>
  /** Votes by id (`voteId`), and the ids not held. */
  votes (ids: readonly Uint8Array[], context: RequestContext): VoteAnswer | Promise<VoteAnswer>
}

export type VoteAnswer = Omit<VoteResponse, 'requestId'>
export type VotesProtocol = ProtocolDefinition<Omit<VoteRequest, 'requestId'>, VoteAnswer>

/** VOTE_REQUEST/VOTE_RESPONSE: fetches missing parent votes. */
export function votes (service: VoteService): VotesProtocol {
  return defineProtocol({
    id: '/tos/{net}/votes/1.0.0',
    messages: { request: VOTE_REQUEST, response: VOTE_RESPONSE, correlate: 'requestId' },
    privacy: 'high',
    limits: { perPeer: { count: 6400, perMs: 60_000 }, timeoutMs: 5000 },
    cost: ({ ids }) => ids.length,
    handle: ({ ids }, context) => service.votes(ids, context)
  })
}

/** CONSENSUS_VOTE on its topic. */
export function consensusVote (service: VoteService): TopicDefinition<Vote> {
  return defineTopic({
    name: 'consensusVote', id: '/tos/{net}/consensus-vote/1', message: CONSENSUS_VOTE,
    expectedPerMinute: 1200, queue: { max: 4096, drop: 'oldest' }, validate: (vote, context) => service.vote(vote, context)
  })
}
