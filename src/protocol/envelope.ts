import { bool, fromJson, snake, struct, toJson, u64 } from '../wire/index.ts'
import type { Schema } from '../wire/index.ts'
import { defineMessage } from './message.ts'
import type { MessageType, PrivacyLevel } from './message.ts'

/** How a value rides in a message together with the id that pairs a response with its request. */
export interface Envelope<T> {
  readonly type: MessageType<unknown>
  pack (id: bigint, value: T, more: boolean): unknown
  /** The pairing id of a decoded message. */
  id (message: unknown): bigint
  value (message: unknown): T
  /** True when another response to the same request follows. */
  more (message: unknown): boolean
  /** The value out of JSON with the specification's field names; the pairing id may be left out. Throws `INVALID_VALUE`. */
  parse (json: unknown): T
  /** A received value as JSON. */
  show (value: T): unknown
}

/** Third-party form (WIRE.md §5): request_id u64 ‖ more bool ‖ body. */
export function wrapBody<T> (name: string, code: number, body: Schema<T>, privacy: PrivacyLevel, maxBytes: number | undefined): Envelope<T> {
  const type = defineMessage({ name, code, privacy, schema: struct({ requestId: u64, more: bool, body }), ...(maxBytes === undefined ? {} : { maxBytes }) })
  type Wrapped = { requestId: bigint, more: boolean, body: T }
  return {
    type: type as MessageType<unknown>,
    pack: (requestId, body, more) => ({ requestId, more, body }),
    id: message => (message as Wrapped).requestId,
    value: message => (message as Wrapped).body,
    more: message => (message as Wrapped).more,
    parse: json => fromJson(body, json),
    show: value => toJson(body, value)
  }
}

/** A message of the specification, whose own field (`requestId`, or PING's `nonce`) is the pairing id. */
export function correlated<T, F extends keyof T & string> (type: MessageType<T>, field: F): Envelope<Omit<T, F>> {
  return {
    type: type as MessageType<unknown>,
    pack: (id, value) => ({ ...value, [field]: id }),
    id: message => (message as Record<string, bigint>)[field] as bigint,
    value: message => message as Omit<T, F>,
    more: () => false,
    parse: json => fromJson(type.schema, typeof json === 'object' ? { [snake(field)]: '0', ...json } : json),
    show: value => toJson(type.schema, value as T)
  }
}
