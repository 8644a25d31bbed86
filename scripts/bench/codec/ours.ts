import { BLOCK_ANNOUNCE, BLOCK_LIMITS, CONSENSUS_VOTE, PING, blockData } from '../../../protocols/index.ts'
import { transaction } from '../../../src/chain/block/transaction.ts'
import { decodePayload, encodePayload } from '../../../src/protocol/index.ts'
import type { MessageType } from '../../../src/protocol/index.ts'
import { blob, bytes, decode, encode, struct, u64, vec } from '../../../src/wire/index.ts'
import type { Schema } from '../../../src/wire/index.ts'
import type { Peer, PeerCodec } from './cases.ts'
import { same } from './cases.ts'

function message<T> (type: MessageType<T>): PeerCodec<T> {
  return { prepare: same, encode: value => encodePayload(type, value as T), decode: wire => decodePayload(type, wire), restore: same }
}

function schema<T> (of: Schema<T>): PeerCodec<T> {
  return { prepare: same, encode: value => encode(of, value as T), decode: wire => decode(of, wire), restore: same }
}

const hash = bytes(32)
const ledgerBlock = struct({
  hash, height: u64, parents: vec(hash, { max: BLOCK_LIMITS.parents }), header: blob(BLOCK_LIMITS.headerBytes), transactions: vec(transaction, { max: BLOCK_LIMITS.transactions })
})

/** This project, through the calls its own handlers make: variant tag, size gates and all field rules included. */
export const ours: Peer = {
  name: 'tos-p2p',
  codecs: {
    ping: message(PING),
    announce: message(BLOCK_ANNOUNCE),
    vote: message(CONSENSUS_VOTE),
    block: schema(ledgerBlock),
    opaque: schema(blockData)
  }
}
