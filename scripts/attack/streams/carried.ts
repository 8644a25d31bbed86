import {
  AI_MINING_SHARE, BLOCK_REQUEST, GOODBYE, PEER_EXCHANGE, PING, TX_ANNOUNCE, TX_REQUEST, TX_STEM_BODY, VOTE_REQUEST
} from '../../../protocols/index.ts'
import { plainTwin } from '../../../src/protocol/index.ts'
import type { MessageType } from '../../../src/protocol/index.ts'

/** A message type a node reads on streams, and the protocol that carries it. */
export interface Carried { readonly protocol: string, readonly type: Pick<MessageType<never>, 'name' | 'code' | 'tag' | 'maxBytes'> }

const on = (name: string, type: Carried['type']): Carried => ({ protocol: plainTwin(`/tos/devnet/${name}/1.0.0`), type })

/** Streams that a peer may open, protocol by protocol. */
export const OPENABLE: readonly Carried[] = [
  on('ping', PING), on('peer-exchange', PEER_EXCHANGE), on('blocks', BLOCK_REQUEST), on('transactions', TX_REQUEST), on('votes', VOTE_REQUEST),
  on('tx-stem', TX_ANNOUNCE), on('mining', AI_MINING_SHARE), on('goodbye', GOODBYE)
]
/** The largest message anybody may send unasked: 1 MiB. */
export const LARGEST: Carried = on('tx-stem', TX_STEM_BODY)
export const PING_PROTOCOL = on('ping', PING).protocol
/** Streams of one protocol that a node serves on one connection. */
export const STREAMS_PER_PROTOCOL = 4
