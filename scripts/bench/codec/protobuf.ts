import Long from 'long'
import protobuf from 'protobufjs'
import type { Type } from 'protobufjs'
import type { Peer, PeerCodec } from './cases.ts'

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Ping { fixed64 nonce = 1; string userAgent = 2; fixed64 services = 3; fixed64 timestamp = 4; }
  message Announce { bytes blockHash = 1; fixed64 blockHeight = 2; fixed64 difficulty = 3; bool aiMined = 4; fixed64 timestamp = 5; }
  message Vote { bytes blockHash = 1; bytes voterId = 2; uint32 voteType = 3; sfixed64 timestamp = 4; bytes signature = 5; repeated bytes parentVotes = 6; }
  message Block { bytes hash = 1; fixed64 height = 2; repeated bytes parents = 3; bytes header = 4; repeated bytes transactions = 5; }
`, { keepCase: true })

/** Long in place of bigint: the form protobufjs itself reads and writes, so nothing is converted in the timed part. */
function codec<T> (type: Type, longs: readonly string[]): PeerCodec<T> {
  const signed = new Set(type.fieldsArray.filter(field => field.type === 'sfixed64').map(field => field.name))
  return {
    prepare: value => {
      const record = { ...value as Record<string, unknown> }
      for (const name of longs) record[name] = Long.fromString(String(record[name]), !signed.has(name))
      return type.create(record)
    },
    encode: value => type.encode(value as object).finish(),
    decode: wire => type.decode(wire),
    restore: decoded => {
      // Fields at their default value live on the prototype.
      const record = Object.fromEntries(type.fieldsArray.map(({ name }) => [name, (decoded as Record<string, unknown>)[name]]))
      for (const name of longs) record[name] = BigInt(String(record[name]))
      return record
    }
  }
}

/** protobufjs: reflection compiled to code by the library at start, fixed64 as Long. */
export const protobufjs: Peer = {
  name: 'protobufjs',
  codecs: {
    ping: codec(root.lookupType('Ping'), ['nonce', 'services', 'timestamp']),
    announce: codec(root.lookupType('Announce'), ['blockHeight', 'difficulty', 'timestamp']),
    vote: codec(root.lookupType('Vote'), ['timestamp']),
    block: codec(root.lookupType('Block'), ['height'])
  }
}
