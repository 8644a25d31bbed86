import { TosError } from '../errors/index.ts'
import type { PrivacyLevel } from '../frame/index.ts'
import { ByteReader, encode } from '../wire/index.ts'
import type { ByteWriter, Schema } from '../wire/index.ts'

export type { PrivacyLevel } from '../frame/index.ts'

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
  /** Layout of the whole payload: the tag, if any, and the value. */
  readonly payload: Schema<T>
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
  const payload = tag === undefined ? schema : tagged(name, tag, schema)
  return { name, code, tag, schema, payload, privacy, minBytes: payload.minBytes, maxBytes: maxBytes ?? payload.maxBytes }
}

/** `schema` behind the u32 variant tag of the specification's enum. */
function tagged<T> (name: string, tag: number, schema: Schema<T>): Schema<T> {
  const { read, write } = schema
  return {
    ...schema,
    minBytes: 4 + schema.minBytes,
    maxBytes: 4 + schema.maxBytes,
    write (w, value) {
      w.putU32(tag)
      write(w, value)
    },
    read (r) {
      const found = r.takeU32()
      if (found !== tag) throw new TosError('TAG_MISMATCH', `${name} carries tag ${found}, expected ${tag}`, { details: { tag: found, expected: tag } })
      return read(r)
    }
  }
}

/** Appends the payload (tag and value) to `writer`. Throws any wire code, `MESSAGE_TOO_LARGE` above the cap. */
export function writePayload<T> (type: MessageType<T>, value: T, writer: ByteWriter): void {
  const start = writer.length
  type.payload.write(writer, value)
  checkCap(type, writer.length - start)
}

/** The payload in bytes of its own. Throws as `writePayload` does. */
export function encodePayload<T> (type: MessageType<T>, value: T): Uint8Array {
  const payload = encode(type.payload, value)
  checkCap(type, payload.length)
  return payload
}

/** How bytes after the value are treated: plain payloads have none, sealed ones are padded with zeros. */
export type Padding = 'none' | 'zeros'

/**
 * Decodes a whole payload; byte fields are views into it.
 * Throws `MESSAGE_TOO_LARGE`, `MESSAGE_TOO_SMALL`, `TAG_MISMATCH`, `TRAILING_BYTES` or any wire code.
 */
export function decodePayload<T> (type: MessageType<T>, payload: Uint8Array, padding: Padding = 'none'): T {
  if (payload.length < type.minBytes) throw new TosError('MESSAGE_TOO_SMALL', `${type.name} of ${payload.length} bytes is below ${type.minBytes}`)
  if (padding === 'none') checkCap(type, payload.length)
  const reader = new ByteReader(payload)
  const value = type.payload.read(reader)
  if (reader.offset !== payload.length) checkTail(payload.subarray(reader.offset), padding)
  // the room that padding needs is no room for a larger value
  if (padding === 'zeros') checkCap(type, reader.offset)
  return value
}

function checkCap (type: MessageType<unknown>, size: number): void {
  if (size > type.maxBytes) throw new TosError('MESSAGE_TOO_LARGE', `${type.name} of ${size} bytes exceeds ${type.maxBytes}`, { details: { size, max: type.maxBytes } })
}

function checkTail (tail: Uint8Array, padding: Padding): void {
  if (padding === 'none') throw new TosError('TRAILING_BYTES', `${tail.length} bytes after the value`, { details: { left: tail.length } })
  if (!allZero(tail)) throw new TosError('INVALID_MESSAGE', 'padding is not zero')
}

// most of a small sealed payload is padding, and a call per byte would cost more than opening the seal
function allZero (bytes: Uint8Array): boolean {
  let at = 0
  for (; at < bytes.length && ((bytes.byteOffset + at) & 3) !== 0; at++) if (bytes[at] !== 0) return false
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >> 2)
  let any = 0
  for (let i = 0; i < words.length; i++) any |= words[i] as number
  for (at += words.length * 4; at < bytes.length; at++) any |= bytes[at] as number
  return any === 0
}
