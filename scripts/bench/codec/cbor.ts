import { Encoder } from 'cbor-x'
import type { Peer, PeerCodec } from './cases.ts'
import { same } from './cases.ts'

/** Shared structures agreed beforehand, plain byte strings instead of typed-array tags. */
function codec<T> (): PeerCodec<T> {
  const cbor = new Encoder({ useRecords: true, structures: [], tagUint8Array: false, int64AsType: 'bigint' } as ConstructorParameters<typeof Encoder>[0])
  return {
    prepare: same,
    encode: value => cbor.encode(value),
    decode: wire => cbor.decode(wire),
    // Small 64-bit integers come back as numbers.
    restore: same
  }
}

/** cbor-x with records and shared structures. */
export const cborX: Peer = { name: 'cbor-x', codecs: { ping: codec(), announce: codec(), vote: codec(), block: codec(), opaque: codec() } }
