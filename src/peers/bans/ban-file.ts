import { TosError, toTosError } from '../../errors/index.ts'
import { fromJson, option, string, struct, toJson, u16, u32, vec } from '../../wire/index.ts'
import type { Infer } from '../../wire/index.ts'

const VERSION = 1
/** Largest file that is read, bytes. The tables of this node need about a quarter. */
export const MAX_FILE_BYTES: number = 4 * 1024 * 1024
/** Longest reason, bytes of UTF-8. */
export const MAX_REASON_BYTES = 200

// times are seconds since the epoch
const sentence = struct({ target: string(128), reason: string(MAX_REASON_BYTES), since: u32, until: u32, times: u16, address: option(string(64)) })
const order = struct({ target: string(128), reason: string(MAX_REASON_BYTES), since: u32, until: option(u32) })
const file = struct({ version: u16, peers: vec(sentence, { max: 16_384 }), addresses: vec(sentence, { max: 16_384 }), operator: vec(order, { max: 16_384 }) })

/** A ban by score or of an address, as saved. */
export type SavedSentence = Infer<typeof sentence>
/** A ban by the operator, as saved. */
export type SavedOrder = Infer<typeof order>

/** What the file holds. */
export interface SavedBans {
  readonly peers: readonly SavedSentence[]
  readonly addresses: readonly SavedSentence[]
  readonly operator: readonly SavedOrder[]
}

/** JSON text, one line, UTF-8. */
export function encodeBans ({ addresses, operator, peers }: SavedBans): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(toJson(file, { version: VERSION, peers: [...peers], addresses: [...addresses], operator: [...operator] }))}\n`)
}

/** The inverse. Throws `PEER_FILE_INVALID`: too large, not strict UTF-8 or JSON, another version, a field missing, unknown or out of range. */
export function decodeBans (bytes: Uint8Array): SavedBans {
  if (bytes.length > MAX_FILE_BYTES) throw damaged(`${bytes.length} bytes`)
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    const version = (json as { readonly version?: unknown } | null)?.version
    if (version !== VERSION) throw damaged(`version ${String(version).slice(0, 20)}, not ${VERSION}`)
    return fromJson(file, json)
  } catch (cause) {
    throw toTosError(cause).code === 'PEER_FILE_INVALID' ? cause : damaged(toTosError(cause).message, cause)
  }
}

function damaged (why: string, cause?: unknown): TosError {
  return new TosError('PEER_FILE_INVALID', `the list of bans cannot be used: ${why.slice(0, 200)}`, cause === undefined ? {} : { cause })
}
