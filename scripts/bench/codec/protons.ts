import { decodeMessage, encodeMessage, message } from 'protons-runtime'
import type { Codec, Reader, Writer } from 'protons-runtime'
import type { BlockAnnounce, BlockData, Ping, Vote } from '../../../protocols/index.ts'
import type { Transaction } from '../../../src/chain/block/transaction.ts'
import type { Peer, PeerCodec } from './cases.ts'
import { same } from './cases.ts'

type BlockOf<T> = Omit<BlockData, 'transactions'> & { transactions: T[] }
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const EMPTY = new Uint8Array(0)

/** The frame that the generator puts around every message: fork, fields, length; then one switch over the field numbers. */
function generated<T> (write: (obj: Partial<T>, w: Writer) => void, start: () => Mutable<T>, field: (obj: Mutable<T>, id: number, reader: Reader) => boolean): Codec<T> {
  return message<T>((obj, w, opts = {}) => {
    if (opts.lengthDelimited !== false) w.fork()
    write(obj as Partial<T>, w)
    if (opts.lengthDelimited !== false) w.ldelim()
  }, (reader, length) => {
    const obj = start()
    const end = length == null ? reader.len : reader.pos + length
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (!field(obj, tag >>> 3, reader)) reader.skipType(tag & 7)
    }
    return obj
  }, function * () {})
}

const ping = generated<Ping>((obj, w) => {
  if (obj.nonce != null && obj.nonce !== 0n) { w.uint32(9); w.fixed64(obj.nonce) }
  if (obj.userAgent != null && obj.userAgent !== '') { w.uint32(18); w.string(obj.userAgent) }
  if (obj.services != null && obj.services !== 0n) { w.uint32(25); w.fixed64(obj.services) }
  if (obj.timestamp != null && obj.timestamp !== 0n) { w.uint32(33); w.fixed64(obj.timestamp) }
}, () => ({ nonce: 0n, userAgent: '', services: 0n, timestamp: 0n }), (obj, id, reader) => {
  switch (id) {
    case 1: obj.nonce = reader.fixed64(); return true
    case 2: obj.userAgent = reader.string(); return true
    case 3: obj.services = reader.fixed64(); return true
    case 4: obj.timestamp = reader.fixed64(); return true
    default: return false
  }
})

const announce = generated<BlockAnnounce>((obj, w) => {
  if (obj.blockHash != null && obj.blockHash.byteLength > 0) { w.uint32(10); w.bytes(obj.blockHash) }
  if (obj.blockHeight != null && obj.blockHeight !== 0n) { w.uint32(17); w.fixed64(obj.blockHeight) }
  if (obj.difficulty != null && obj.difficulty !== 0n) { w.uint32(25); w.fixed64(obj.difficulty) }
  if (obj.aiMined != null && obj.aiMined) { w.uint32(32); w.bool(obj.aiMined) }
  if (obj.timestamp != null && obj.timestamp !== 0n) { w.uint32(41); w.fixed64(obj.timestamp) }
}, () => ({ blockHash: EMPTY, blockHeight: 0n, difficulty: 0n, aiMined: false, timestamp: 0n }), (obj, id, reader) => {
  switch (id) {
    case 1: obj.blockHash = reader.bytes(); return true
    case 2: obj.blockHeight = reader.fixed64(); return true
    case 3: obj.difficulty = reader.fixed64(); return true
    case 4: obj.aiMined = reader.bool(); return true
    case 5: obj.timestamp = reader.fixed64(); return true
    default: return false
  }
})

const vote = generated<Vote>((obj, w) => {
  if (obj.blockHash != null && obj.blockHash.byteLength > 0) { w.uint32(10); w.bytes(obj.blockHash) }
  if (obj.voterId != null && obj.voterId.byteLength > 0) { w.uint32(18); w.bytes(obj.voterId) }
  if (obj.voteType != null && obj.voteType !== 0) { w.uint32(24); w.uint32(obj.voteType) }
  if (obj.timestamp != null && obj.timestamp !== 0n) { w.uint32(33); w.fixed64(obj.timestamp) }
  if (obj.signature != null && obj.signature.byteLength > 0) { w.uint32(42); w.bytes(obj.signature) }
  for (const value of obj.parentVotes ?? []) { w.uint32(50); w.bytes(value) }
}, () => ({ blockHash: EMPTY, voterId: EMPTY, voteType: 0, timestamp: 0n, signature: EMPTY, parentVotes: [] }), (obj, id, reader) => {
  switch (id) {
    case 1: obj.blockHash = reader.bytes(); return true
    case 2: obj.voterId = reader.bytes(); return true
    case 3: obj.voteType = reader.uint32(); return true
    case 4: obj.timestamp = reader.fixed64(); return true
    case 5: obj.signature = reader.bytes(); return true
    case 6: obj.parentVotes.push(reader.bytes()); return true
    default: return false
  }
})

const transaction = generated<Transaction>((obj, w) => {
  if (obj.sender != null && obj.sender.byteLength > 0) { w.uint32(10); w.bytes(obj.sender) }
  if (obj.nonce != null && obj.nonce !== 0n) { w.uint32(17); w.fixed64(obj.nonce) }
  if (obj.fee != null && obj.fee !== 0n) { w.uint32(25); w.fixed64(obj.fee) }
  if (obj.priority != null && obj.priority !== 0) { w.uint32(32); w.uint32(obj.priority) }
  if (obj.privacyLevel != null && obj.privacyLevel !== 0) { w.uint32(40); w.uint32(obj.privacyLevel) }
  if (obj.energyUsed != null && obj.energyUsed !== 0n) { w.uint32(49); w.fixed64(obj.energyUsed) }
  if (obj.body != null && obj.body.byteLength > 0) { w.uint32(58); w.bytes(obj.body) }
  if (obj.signature != null && obj.signature.byteLength > 0) { w.uint32(66); w.bytes(obj.signature) }
}, () => ({ sender: EMPTY, nonce: 0n, fee: 0n, priority: 0, privacyLevel: 0, energyUsed: 0n, body: EMPTY, signature: EMPTY }), (obj, id, reader) => {
  switch (id) {
    case 1: obj.sender = reader.bytes(); return true
    case 2: obj.nonce = reader.fixed64(); return true
    case 3: obj.fee = reader.fixed64(); return true
    case 4: obj.priority = reader.uint32(); return true
    case 5: obj.privacyLevel = reader.uint32(); return true
    case 6: obj.energyUsed = reader.fixed64(); return true
    case 7: obj.body = reader.bytes(); return true
    case 8: obj.signature = reader.bytes(); return true
    default: return false
  }
})

/** A block whose transactions are written by `item` and read by `take`. */
function blockOf<T> (item: (w: Writer, value: T) => void, take: (reader: Reader) => T): Codec<BlockOf<T>> {
  return generated<BlockOf<T>>((obj, w) => {
    if (obj.hash != null && obj.hash.byteLength > 0) { w.uint32(10); w.bytes(obj.hash) }
    if (obj.height != null && obj.height !== 0n) { w.uint32(17); w.fixed64(obj.height) }
    for (const value of obj.parents ?? []) { w.uint32(26); w.bytes(value) }
    if (obj.header != null && obj.header.byteLength > 0) { w.uint32(34); w.bytes(obj.header) }
    for (const value of obj.transactions ?? []) { w.uint32(42); item(w, value) }
  }, () => ({ hash: EMPTY, height: 0n, parents: [], header: EMPTY, transactions: [] }), (obj, id, reader) => {
    switch (id) {
      case 1: obj.hash = reader.bytes(); return true
      case 2: obj.height = reader.fixed64(); return true
      case 3: obj.parents.push(reader.bytes()); return true
      case 4: obj.header = reader.bytes(); return true
      case 5: obj.transactions.push(take(reader)); return true
      default: return false
    }
  })
}

const block = blockOf<Transaction>((w, value) => { transaction.encode(value, w) }, reader => transaction.decode(reader, reader.uint32()))
const opaque = blockOf<Uint8Array>((w, value) => { w.bytes(value) }, reader => reader.bytes())

function codec<T> (of: Codec<T>): PeerCodec<T> {
  return { prepare: same, encode: value => encodeMessage(value as T, of), decode: wire => decodeMessage(wire, of), restore: unsigned }
}

/** The runtime reads fixed64 as signed; the bits are right, so the sign is mended outside the timed part. */
function unsigned (decoded: unknown): unknown {
  if (typeof decoded === 'bigint') return BigInt.asUintN(64, decoded)
  if (Array.isArray(decoded)) return decoded.map(unsigned)
  if (typeof decoded !== 'object' || decoded === null || decoded instanceof Uint8Array) return decoded
  return Object.fromEntries(Object.entries(decoded).map(([name, value]) => [name, unsigned(value)]))
}

/** protons-runtime, with the codecs its generator would emit. */
export const protons: Peer = {
  name: 'protons-runtime',
  codecs: { ping: codec(ping), announce: codec(announce), vote: codec(vote), block: codec(block), opaque: codec(opaque) }
}
