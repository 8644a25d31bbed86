import { Packr } from 'msgpackr'
import type { Peer, PeerCodec } from './cases.ts'
import { same } from './cases.ts'

/** One shared structure per message, agreed beforehand: field names never travel. 64-bit integers as bigint, bytes as views. */
function codec<T> (): PeerCodec<T> {
  const packr = new Packr({ useRecords: true, structures: [], int64AsType: 'bigint', copyBuffers: false })
  return {
    // Buffer is the byte type msgpackr writes fastest; a plain Uint8Array costs it several times as much.
    prepare: asBuffers,
    encode: value => packr.pack(value),
    decode: wire => packr.unpack(wire),
    restore: same
  }
}

/** The same value with every byte field as a Buffer over the same bytes. */
function asBuffers (value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(asBuffers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asBuffers(inner)]))
}

/** msgpackr with records and shared structures. */
export const msgpackr: Peer = { name: 'msgpackr', codecs: { ping: codec(), announce: codec(), vote: codec(), block: codec(), opaque: codec() } }
