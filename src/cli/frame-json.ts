import { TosError } from '../errors/index.ts'
import { checksum, decodeHeader, encodeHeader, HEADER_BYTES } from '../frame/index.ts'
import { decodePayload, encodePayload } from '../protocol/index.ts'
import type { MessageType } from '../protocol/index.ts'
import { nearest, parseU64 } from '../config/index.ts'
import { fromHex, fromJson, toHex, toJson } from '../wire/index.ts'
import { MESSAGE_TYPES, TYPES_BY_NAME } from './message-types.ts'

/** A frame with the specification's field names; u64 values as decimal strings, bytes as hex. */
export interface FrameJson {
  readonly type: string
  readonly node_id: string
  readonly timestamp: string
  readonly checksum: string
  readonly fields: unknown
}

const BY_CODE = new Map(MESSAGE_TYPES.map(type => [type.code, type]))
const KNOWN = ['type', 'node_id', 'timestamp', 'checksum', 'fields']

/** Decodes one whole plain frame by the codec's rules alone: no clock, no session. Throws any frame or wire code. */
export function frameToJson (bytes: Uint8Array): FrameJson {
  const header = decodeHeader(bytes)
  const type = BY_CODE.get(header.type)
  if (type === undefined) throw new TosError('UNKNOWN_TYPE', `message type 0x${header.type.toString(16).padStart(2, '0')} is unknown`, { details: { type: header.type } })
  if (header.payloadLength > type.maxBytes) throw new TosError('MESSAGE_TOO_LARGE', `${type.name} announces ${header.payloadLength} bytes, the cap is ${type.maxBytes}`)
  const payload = bytes.subarray(HEADER_BYTES)
  if (payload.length < header.payloadLength) throw new TosError('TRUNCATED', `the payload ends after ${payload.length} of ${header.payloadLength} bytes`)
  if (payload.length > header.payloadLength) throw new TosError('TRAILING_BYTES', `${payload.length - header.payloadLength} bytes after the frame`)
  if (checksum(payload) !== header.checksum) throw new TosError('CORRUPT_MESSAGE', 'the checksum does not match the payload')
  return {
    type: type.name,
    node_id: toHex(header.nodeId),
    timestamp: header.timestamp.toString(),
    checksum: header.checksum.toString(),
    fields: toJson(type.schema, decodePayload(type, payload))
  }
}

/** Encodes `{ type, node_id, timestamp, fields }`; a `checksum` that is given must be right. Throws any wire code, `INVALID_VALUE`, `UNKNOWN_TYPE`. */
export function frameFromJson (json: unknown): Uint8Array {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new TosError('INVALID_VALUE', 'a frame is an object { type, node_id, timestamp, fields }')
  const given = json as Record<string, unknown>
  const strange = Object.keys(given).find(key => !KNOWN.includes(key))
  if (strange !== undefined) throw new TosError('INVALID_VALUE', `${strange} is not a member of a frame; known: ${KNOWN.join(', ')}`)
  const type = findType(given['type'])
  const payload = encodePayload(type, fromJson(type.schema, given['fields']))
  const sum = checksum(payload)
  if (given['checksum'] !== undefined && decimal('checksum', given['checksum']) !== sum) throw new TosError('CORRUPT_MESSAGE', `checksum is ${sum}, not ${String(given['checksum'])}`)
  if (typeof given['node_id'] !== 'string' || !/^[0-9a-f]{64}$/i.test(given['node_id'])) throw new TosError('INVALID_VALUE', 'node_id must be 32 bytes of hexadecimal')
  const header = encodeHeader({ type: type.code, payloadLength: payload.length, checksum: sum, timestamp: decimal('timestamp', given['timestamp']), nodeId: fromHex(given['node_id'], 32) })
  return Buffer.concat([header, payload])
}

/** A type by name or number. Throws `UNKNOWN_TYPE` with the nearest name. */
export function findType (name: unknown): MessageType<unknown> {
  const type = typeof name === 'number' ? BY_CODE.get(name) : TYPES_BY_NAME.get(String(name))
  if (type !== undefined) return type
  const near = nearest(String(name), TYPES_BY_NAME.keys())
  throw new TosError('UNKNOWN_TYPE', `no message type ${name === undefined ? 'given' : JSON.stringify(name)}${near === undefined ? '' : `; did you mean ${near}?`}`, { hint: '`tosd frame types` lists them' })
}

function decimal (name: string, value: unknown): bigint {
  const number = typeof value === 'string' || Number.isSafeInteger(value) ? parseU64(String(value)) : undefined
  if (number === undefined) throw new TosError('INVALID_VALUE', `${name} must be a decimal string, 0 to 18446744073709551615`)
  return number
}
