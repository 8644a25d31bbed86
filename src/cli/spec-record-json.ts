import { readFileSync } from 'node:fs'
import { TosError } from '../errors/index.ts'
import { decodePayload } from '../protocol/index.ts'
import { decodeSpecRecord } from '../secure/index.ts'
import { fromHex, toJson } from '../wire/index.ts'
import { hexArgument } from './hex-argument.ts'
import { MESSAGE_TYPES } from './message-types.ts'

/** A decrypted record: the message its plaintext holds. */
export interface SpecRecordJson {
  readonly type: string
  readonly fields: unknown
}

/**
 * Reads the shared secret of a specification-style channel: 64 hex digits in a file. A file, because arguments show in the process list.
 * Throws `FILE_UNREADABLE` or `INVALID_VALUE`; the text itself is never repeated.
 */
export function readSpecKey (path: string): Uint8Array {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new TosError('FILE_UNREADABLE', `cannot read ${path}`, { cause })
  }
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new TosError('INVALID_VALUE', `${path} does not hold 64 hex digits`)
  return fromHex(text)
}

/** Opens one record in hex and decodes the message by its variant tag. Throws `SEAL_BROKEN`, `TRUNCATED`, `UNKNOWN_TYPE` or a wire code. */
export function specRecordToJson (key: Uint8Array, hex: string): SpecRecordJson {
  const payload = decodeSpecRecord(key, fromHex(hexArgument(hex)))
  if (payload.length < 4) throw new TosError('TRUNCATED', `${payload.length} bytes hold no variant tag`)
  const tag = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true)
  const type = MESSAGE_TYPES.find(candidate => candidate.tag === tag)
  if (type === undefined) throw new TosError('UNKNOWN_TYPE', `variant tag ${tag} is unknown`, { details: { tag } })
  return { type: type.name, fields: toJson(type.schema, decodePayload(type, payload)) }
}
