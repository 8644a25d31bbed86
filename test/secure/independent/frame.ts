import { sha3_256 } from '@noble/hashes/sha3.js'
import { concatBytes } from '@noble/hashes/utils.js'
import type { Stream } from '@libp2p/interface'

/** What precedes every payload: protocols/README.md, section 2. */
export interface Header { readonly type: number, readonly timestamp: bigint, readonly nodeId: Uint8Array }

/** A frame as it came: its header bytes are the associated data of a sealed one. */
export interface Frame extends Header { readonly header: Uint8Array, readonly payload: Uint8Array }

const HEADER = 60
const CHECKSUM = 12
/** Enough for every frame these tests meet. */
const MOST = 64 * 1024

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const checksum = (payload: Uint8Array): Uint8Array => sha3_256(payload).subarray(0, 8).toReversed()

/** The 60 bytes with a checksum of zero. */
export function headerOf ({ type, timestamp, nodeId }: Header, length: number, version = 1): Uint8Array {
  const bytes = new Uint8Array(HEADER)
  bytes.set(new TextEncoder().encode('TOSN'))
  view(bytes).setUint16(4, version, true)
  view(bytes).setUint16(6, type, true)
  view(bytes).setUint32(8, length, true)
  view(bytes).setBigUint64(20, timestamp, true)
  bytes.set(nodeId, 28)
  return bytes
}

/** Header and payload in one, the checksum filled in. */
export function encodeFrame (header: Uint8Array, payload: Uint8Array): Uint8Array {
  const frame = concatBytes(header, payload)
  frame.set(checksum(payload), CHECKSUM)
  return frame
}

/** The header with its checksum field zero. */
export function withoutChecksum (header: Uint8Array): Uint8Array {
  return header.slice().fill(0, CHECKSUM, CHECKSUM + 8)
}

/** One whole frame; throws what is wrong with it. */
export function decodeFrame (bytes: Uint8Array): Frame {
  const header = bytes.slice(0, HEADER)
  const payload = bytes.slice(HEADER)
  if (new TextDecoder().decode(header.subarray(0, 4)) !== 'TOSN') throw new Error('wrong magic')
  if (view(header).getUint16(4, true) !== 1) throw new Error('wrong version')
  if (view(header).getUint32(8, true) !== payload.length) throw new Error('wrong length')
  if (checksum(payload).some((byte, at) => byte !== header[CHECKSUM + at])) throw new Error('wrong checksum')
  return { type: view(header).getUint16(6, true), timestamp: view(header).getBigUint64(20, true), nodeId: header.slice(28), header, payload }
}

/** The frames of a stream in turn, however its bytes arrive; ends when the other side has closed. */
export async function * framesOf (stream: Stream): AsyncGenerator<Frame, void> {
  let rest: Uint8Array = new Uint8Array(0)
  for await (const chunk of stream) {
    rest = concatBytes(rest, chunk.subarray())
    while (rest.length >= HEADER) {
      const length = HEADER + view(rest).getUint32(8, true)
      if (length > MOST) throw new Error(`a frame of ${length} bytes`)
      if (rest.length < length) break
      yield decodeFrame(rest.slice(0, length))
      rest = rest.slice(length)
    }
  }
}
