import {
  AI_MINING_SHARE, BLOCK_ANNOUNCE, BLOCK_REQUEST, BLOCK_RESPONSE, CONSENSUS_VOTE, GOODBYE, PEER_EXCHANGE, PING, PONG, TX_ANNOUNCE, TX_REQUEST, TX_RESPONSE, VOTE_REQUEST, VOTE_RESPONSE
} from '../../../protocols/index.ts'
import { ERROR } from '../../../src/protocol/index.ts'
import type { MessageType } from '../../../src/protocol/index.ts'

const TYPES = [
  PING, PONG, PEER_EXCHANGE, BLOCK_ANNOUNCE, BLOCK_REQUEST, BLOCK_RESPONSE, TX_ANNOUNCE, TX_REQUEST, TX_RESPONSE, CONSENSUS_VOTE, AI_MINING_SHARE, GOODBYE, VOTE_REQUEST,
  VOTE_RESPONSE, ERROR
] as ReadonlyArray<MessageType<unknown>>

/** Every message of the network but the three of the handshake, which have no JSON form. */
export const MESSAGES: ReadonlyMap<string, MessageType<unknown>> = new Map(TYPES.map(type => [type.name, type]))
