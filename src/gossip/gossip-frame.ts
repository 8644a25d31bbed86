import { TosError } from '../errors/index.ts'
import { checksumMatches, decodeHeader, encodeHeader, HEADER_BYTES, HEADER_OFFSET, writeChecksum } from '../frame/index.ts'
import { decodePayload, encodePayload } from '../protocol/index.ts'
import type { MessageType } from '../protocol/index.ts'

const NOBODY = new Uint8Array(32)

/**
 * A message as it travels on a topic (WIRE.md §3): plain, unpadded, time 0, node id zero. It is a function of its value alone, so
 * two origins that announce the same thing send the same bytes, and nothing tells who was first.
 * Throws `MESSAGE_TOO_LARGE` or any wire code.
 */
export function encodeGossipFrame<T> (type: MessageType<T>, value: T): Uint8Array {
  const payload = encodePayload(type, value)
  const header = encodeHeader({ type: type.code, payloadLength: payload.length, checksum: 0n, timestamp: 0n, nodeId: NOBODY })
  writeChecksum(payload, header, HEADER_OFFSET.checksum)
  return Buffer.concat([header, payload])
}

/**
 * The value of a frame received on a topic; byte fields are views into a copy, so the network's buffer is free at once.
 * Throws `MESSAGE_TOO_LARGE`, `TRUNCATED`, `TRAILING_BYTES`, `WRONG_MAGIC`, `INCOMPATIBLE_VERSION`, `UNKNOWN_TYPE`,
 * `CORRUPT_MESSAGE`, `INVALID_MESSAGE` when it is not the canonical form, or any code of `decodePayload`.
 */
export function decodeGossipFrame<T> (type: MessageType<T>, received: Uint8Array): T {
  const limit = HEADER_BYTES + type.maxBytes
  if (received.length > limit) throw new TosError('MESSAGE_TOO_LARGE', `a frame of ${received.length} bytes on a topic of ${type.name}, which takes ${limit}`)
  const frame = Uint8Array.from(received)
  const header = decodeHeader(frame)
  if (header.type !== type.code) throw new TosError('UNKNOWN_TYPE', `message type ${header.type} on a topic of ${type.name}`)
  const payload = frame.subarray(HEADER_BYTES)
  if (header.payloadLength !== payload.length) {
    throw new TosError(header.payloadLength > payload.length ? 'TRUNCATED' : 'TRAILING_BYTES', `the header announces ${header.payloadLength} bytes, ${payload.length} follow`)
  }
  if (header.timestamp !== 0n || Buffer.compare(header.nodeId, NOBODY) !== 0) {
    throw new TosError('INVALID_MESSAGE', 'a gossip frame must not name its time or its sender')
  }
  if (!checksumMatches(payload, frame, HEADER_OFFSET.checksum)) throw new TosError('CORRUPT_MESSAGE', 'the checksum does not match the payload')
  const value = decodePayload(type, payload)
  // two encodings of one value would be two messages to everybody's duplicate filter
  if (Buffer.compare(encodePayload(type, value), payload) !== 0) throw new TosError('INVALID_MESSAGE', 'the payload is not in canonical form')
  return value
}
