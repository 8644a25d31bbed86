import { BLOCK_ANNOUNCE, CONSENSUS_VOTE, PING, blockData } from '../../../protocols/index.ts'
import { decodePayload, encodePayload } from '../../../src/protocol/index.ts'
import type { MessageType } from '../../../src/protocol/index.ts'
import { decode, encode } from '../../../src/wire/index.ts'
import type { Peer, PeerCodec } from './cases.ts'
import { same } from './cases.ts'

function message<T> (type: MessageType<T>): PeerCodec<T> {
  return { prepare: same, encode: value => encodePayload(type, value as T), decode: wire => decodePayload(type, wire), restore: same }
}

/** This project, through the calls its own handlers make: variant tag, size gates and all field rules included. */
export const ours: Peer = {
  name: 'tos-p2p',
  codecs: {
    ping: message(PING),
    announce: message(BLOCK_ANNOUNCE),
    vote: message(CONSENSUS_VOTE),
    block: { prepare: same, encode: value => encode(blockData, value as never), decode: wire => decode(blockData, wire), restore: same }
  }
}
