import Long from 'long'
import protobuf from 'protobufjs'
import type { Field, Type } from 'protobufjs'
import type { Peer, PeerCodec } from './cases.ts'

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Ping { fixed64 nonce = 1; string userAgent = 2; fixed64 services = 3; fixed64 timestamp = 4; }
  message Announce { bytes blockHash = 1; fixed64 blockHeight = 2; fixed64 difficulty = 3; bool aiMined = 4; fixed64 timestamp = 5; }
  message Vote { bytes blockHash = 1; bytes voterId = 2; uint32 voteType = 3; sfixed64 timestamp = 4; bytes signature = 5; repeated bytes parentVotes = 6; }
  message Block { bytes hash = 1; fixed64 height = 2; repeated bytes parents = 3; bytes header = 4; repeated Transaction transactions = 5; }
  message Opaque { bytes hash = 1; fixed64 height = 2; repeated bytes parents = 3; bytes header = 4; repeated bytes transactions = 5; }
  message Transaction {
    bytes sender = 1; fixed64 nonce = 2; fixed64 fee = 3; uint32 priority = 4; uint32 privacyLevel = 5; fixed64 energyUsed = 6; bytes body = 7; bytes signature = 8;
  }
`, { keepCase: true })

type Facts = Record<string, unknown>

/** Long in place of bigint: the form protobufjs itself reads and writes, so nothing is converted in the timed part. */
function codec<T> (name: string): PeerCodec<T> {
  const type = root.lookupType(name)
  return {
    prepare: value => prepare(type, value as Facts),
    encode: value => type.encode(value as object).finish(),
    decode: wire => type.decode(wire),
    restore: decoded => restore(type, decoded as unknown as Facts)
  }
}

function prepare (type: Type, value: Facts): object {
  return type.create(mapFields(type, value, (field, item) => {
    if (field.resolvedType instanceof protobuf.Type) return prepare(field.resolvedType, item as Facts)
    return typeof item === 'bigint' ? Long.fromString(String(item), field.type === 'fixed64') : item
  }))
}

function restore (type: Type, decoded: Facts): Facts {
  return mapFields(type, decoded, (field, item) => {
    if (field.resolvedType instanceof protobuf.Type) return restore(field.resolvedType, item as Facts)
    return Long.isLong(item) ? BigInt(item.toString()) : item
  })
}

/** Every field by name: those at their default value live on the prototype. */
function mapFields (type: Type, value: Facts, of: (field: Field, item: unknown) => unknown): Facts {
  return Object.fromEntries(type.fieldsArray.map(field => {
    const item = value[field.resolve().name]
    return [field.name, field.repeated ? (item as unknown[]).map(one => of(field, one)) : of(field, item)]
  }))
}

/** protobufjs: reflection compiled to code by the library at start, fixed64 as Long. */
export const protobufjs: Peer = {
  name: 'protobufjs',
  codecs: { ping: codec('Ping'), announce: codec('Announce'), vote: codec('Vote'), block: codec('Block'), opaque: codec('Opaque') }
}
