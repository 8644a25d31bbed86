import { TosError } from '../errors/index.ts'
import { ByteReader, ByteWriter } from '../wire/index.ts'
import type { Schema } from '../wire/index.ts'

/** Privacy level of a message type (spec "Message Types"): how much a sealed stream pads it, and whether its origin is hidden. */
export type PrivacyLevel = 'low' | 'medium' | 'high'

/** One message type of the network: header code, variant tag, payload layout and size gate in one object. */
export interface MessageType<T> {
  /** Upper-snake name, e.g. `PING`. */
  readonly name: string
  /** `message_type` of the header, u16. */
  readonly code: number
  /** The u32 enum variant that opens the payload; `undefined` for types outside the specification's enum. */
  readonly tag: number | undefined
  /** Layout of what follows the tag. */
  readonly schema: Schema<T>
  /** Smallest payload in bytes, tag included. */
  readonly minBytes: number
  /** Largest payload in bytes, tag included: checked before a byte of it is buffered. */
  readonly maxBytes: number
  readonly privacy: PrivacyLevel
}

/** The value a message type carries. */
export type MessageOf<M> = M extends MessageType<infer T> ? T : never

/** What `defineMessage` takes. */
export interface MessageOptions<T> {
  readonly name: string
  readonly code: number
  readonly tag?: number
  readonly schema: Schema<T>
  /** The cap of the wire contract in bytes, tag included, where it differs from the largest value the schema allows. */
  readonly maxBytes?: number
  readonly privacy?: PrivacyLevel
}

/** Describes one message type; sizes follow from the schema unless `maxBytes` is given. */
export function defineMessage<T> ({ name, code, tag, schema, maxBytes, privacy = 'medium' }: MessageOptions<T>): MessageType<T> {
  if (!Number.isInteger(code) || code < 0 || code > 0xffff) throw new TosError('INVALID_DEFINITION', `message code ${code} is not a u16`)
  const tagBytes = tag === undefined ? 0 : 4
  return {
    name,
    code,
    tag,
    schema,
    privacy,
    minBytes: tagBytes + schema.minBytes,
    maxBytes: maxBytes ?? tagBytes + schema.maxBytes
  }
}

/** Appends the payload (tag and value) to `writer`. Throws any wire code, `MESSAGE_TOO_LARGE` above the cap. */
export function writePayload<T> (type: MessageType<T>, value: T, writer: ByteWriter): void {
  const start = writer.length
  if (type.tag !== undefined) {
    const at = writer.reserve(4)
    writer.view.setUint32(at, type.tag, true)
  }
  type.schema.write(writer, value)
  const size = writer.length - start
  if (size > type.maxBytes) throw new TosError('MESSAGE_TOO_LARGE', `${type.name} of ${size} bytes exceeds ${type.maxBytes}`, { details: { size, max: type.maxBytes } })
}

/** The payload in bytes of its own. */
export function encodePayload<T> (type: MessageType<T>, value: T): Uint8Array {
  const writer = new ByteWriter(Math.min(type.maxBytes, 1024))
  writePayload(type, value, writer)
  return writer.take()
}

/** How bytes after the value are treated: plain payloads have none, sealed ones are padded with zeros. */
export type Padding = 'none' | 'zeros'

/**
 * Decodes a whole payload; byte fields are views into it.
 * Throws `MESSAGE_TOO_LARGE`, `MESSAGE_TOO_SMALL`, `TAG_MISMATCH`, `TRAILING_BYTES` or any wire code.
 */
export function decodePayload<T> (type: MessageType<T>, payload: Uint8Array, padding: Padding = 'none'): T {
  if (payload.length < type.minBytes) throw new TosError('MESSAGE_TOO_SMALL', `${type.name} of ${payload.length} bytes is below ${type.minBytes}`)
  if (padding === 'none' && payload.length > type.maxBytes) throw new TosError('MESSAGE_TOO_LARGE', `${type.name} of ${payload.length} bytes exceeds ${type.maxBytes}`)
  const reader = new ByteReader(payload)
  if (type.tag !== undefined) {
    const tag = reader.view.getUint32(reader.take(4), true)
    if (tag !== type.tag) throw new TosError('TAG_MISMATCH', `${type.name} carries tag ${tag}, expected ${type.tag}`, { details: { tag, expected: type.tag } })
  }
  const value = type.schema.read(reader)
  if (reader.left !== 0) checkTail(payload.subarray(reader.offset), padding)
  return value
}

function checkTail (tail: Uint8Array, padding: Padding): void {
  if (padding === 'none') throw new TosError('TRAILING_BYTES', `${tail.length} bytes after the value`, { details: { left: tail.length } })
  if (tail.some(byte => byte !== 0)) throw new TosError('INVALID_MESSAGE', 'padding is not zero')
}
