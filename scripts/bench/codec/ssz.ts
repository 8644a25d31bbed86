import { BooleanType, ByteListType, ByteVectorType, ContainerType, ListCompositeType, UintBigintType, UintNumberType } from '@chainsafe/ssz'
import { BLOCK_LIMITS, MAX_VOTES } from '../../../protocols/index.ts'
import type { Peer, PeerCodec } from './cases.ts'
import { same } from './cases.ts'

const u64 = new UintBigintType(8)
const hash = new ByteVectorType(32)

const ping = new ContainerType({ nonce: u64, userAgent: new ByteListType(256), services: u64, timestamp: u64 })
const announce = new ContainerType({ blockHash: hash, blockHeight: u64, difficulty: u64, aiMined: new BooleanType(), timestamp: u64 })
const vote = new ContainerType({
  blockHash: hash, voterId: hash, voteType: new UintNumberType(4), timestamp: u64, signature: new ByteVectorType(64), parentVotes: new ListCompositeType(hash, MAX_VOTES)
})
const u8 = new UintNumberType(1)
const transaction = new ContainerType({
  sender: hash, nonce: u64, fee: u64, priority: u8, privacyLevel: u8, energyUsed: u64, body: new ByteListType(BLOCK_LIMITS.transactionBytes), signature: new ByteVectorType(64)
})
const opening = { hash, height: u64, parents: new ListCompositeType(hash, BLOCK_LIMITS.parents), header: new ByteListType(BLOCK_LIMITS.headerBytes) }
const block = new ContainerType({ ...opening, transactions: new ListCompositeType(transaction, BLOCK_LIMITS.transactions) })
const opaque = new ContainerType({ ...opening, transactions: new ListCompositeType(new ByteListType(BLOCK_LIMITS.transactionBytes), BLOCK_LIMITS.transactions) })

interface Serializer<T> { serialize (value: T): Uint8Array, deserialize (wire: Uint8Array): T }

function codec<T> (type: Serializer<T>): PeerCodec<T> {
  return { prepare: same, encode: value => type.serialize(value as T), decode: wire => type.deserialize(wire), restore: same }
}

/** SSZ has no strings, so the conversion to and from bytes is part of the work. */
const pingCodec: PeerCodec<unknown> = {
  prepare: same,
  encode: value => {
    const { nonce, userAgent, services, timestamp } = value as { nonce: bigint, userAgent: string, services: bigint, timestamp: bigint }
    return ping.serialize({ nonce, userAgent: Buffer.from(userAgent, 'utf8'), services, timestamp })
  },
  decode: wire => {
    const { nonce, userAgent, services, timestamp } = ping.deserialize(wire)
    return { nonce, userAgent: Buffer.from(userAgent.buffer, userAgent.byteOffset, userAgent.length).toString('utf8'), services, timestamp }
  },
  restore: same
}

/** @chainsafe/ssz: containers of fixed byte vectors and 64-bit bigints. */
export const ssz: Peer = { name: '@chainsafe/ssz', codecs: { ping: pingCodec, announce: codec(announce), vote: codec(vote), block: codec(block), opaque: codec(opaque) } }
