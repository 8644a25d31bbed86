import type { Arbitrary } from 'fast-check'
import {
  AI_MINING_SHARE, BLOCK_ANNOUNCE, BLOCK_REQUEST, BLOCK_RESPONSE, CONSENSUS_VOTE, GOODBYE, PEER_EXCHANGE, PING, PONG, TX_ANNOUNCE, TX_REQUEST, TX_RESPONSE, VOTE_REQUEST, VOTE_RESPONSE
} from '../../../protocols/index.ts'
import { ERROR } from '../../../src/protocol/index.ts'
import type { MessageType } from '../../../src/protocol/index.ts'
import * as any from '../../support/arbitraries.ts'

/** A message type and random values of it. */
export interface MessageSample { readonly type: MessageType<unknown>, readonly values: Arbitrary<unknown> }

const sample = <T>(type: MessageType<T>, values: Arbitrary<T>): MessageSample => ({ type: type as MessageType<unknown>, values })

/** Every message of the network but the three of the handshake, which have no JSON form. */
export const MESSAGES: ReadonlyMap<string, MessageSample> = new Map([
  sample(PING, any.pings), sample(PONG, any.pongs), sample(PEER_EXCHANGE, any.peerExchanges), sample(BLOCK_ANNOUNCE, any.blockAnnounces),
  sample(BLOCK_REQUEST, any.blockRequests), sample(BLOCK_RESPONSE, any.blockResponses), sample(TX_ANNOUNCE, any.txAnnounces),
  sample(TX_REQUEST, any.txRequests), sample(TX_RESPONSE, any.txResponses), sample(CONSENSUS_VOTE, any.votes), sample(AI_MINING_SHARE, any.miningShares),
  sample(GOODBYE, any.goodbyes), sample(VOTE_REQUEST, any.voteRequests), sample(VOTE_RESPONSE, any.voteResponses), sample(ERROR, any.errorMessages)
].map(one => [one.type.name, one]))
