import { TosError } from '../errors/index.ts'
import type { TosErrorCode } from '../errors/index.ts'
import { string, struct, u16, u64 } from '../wire/index.ts'
import { defineMessage } from './message.ts'
import type { MessageOf } from './message.ts'

/** ERROR (0x7F07): answers any request (WIRE.md §5); `requestId` 0 when the request could not be read. The text fills what the cap leaves: 272 − 8 − 2 − 8. */
export const ERROR = defineMessage({ name: 'ERROR', code: 0x7f07, schema: struct({ requestId: u64, code: u16, text: string(254) }), privacy: 'low', maxBytes: 272 })

export type ErrorMessage = MessageOf<typeof ERROR>

/** What each wire code means to the side that receives it, by number. */
const REMOTE: readonly TosErrorCode[] = [
  'INVALID_MESSAGE', 'RATE_LIMITED', 'BUSY', 'UNAVAILABLE', 'CLOCK_SKEW', 'UNKNOWN_TYPE', 'MESSAGE_TOO_LARGE', 'NOT_AUTHORISED', 'REMOTE_ERROR'
]
const INTERNAL = 8
/** Failures that stem from the request itself and have no number of their own. */
const MALFORMED: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>([
  'TRUNCATED', 'TRAILING_BYTES', 'LENGTH_LIMIT', 'INVALID_VALUE', 'INVALID_UTF8', 'MESSAGE_TOO_SMALL', 'TAG_MISMATCH', 'WRONG_NODE_ID', 'CORRUPT_MESSAGE', 'INVALID_MESSAGE'
])

/** The wire code that tells the other side about `error`. */
export function wireCode (code: TosErrorCode): number {
  if (MALFORMED.has(code)) return 0
  if (code === 'TIMEOUT') return 3
  const index = REMOTE.indexOf(code)
  return index < 0 ? INTERNAL : index
}

/** A received ERROR as an error of ours; `details.remote` is true. */
export function fromErrorMessage ({ code, text }: ErrorMessage): TosError {
  return new TosError(REMOTE[code] ?? 'REMOTE_ERROR', `the peer answered: ${text === '' ? `error ${code}` : text}`, { details: { remote: true, wireCode: code } })
}

/** Text for an ERROR that tells what was wrong without telling about our insides. */
export function safeText (error: TosError): string {
  return wireCode(error.code) === INTERNAL ? '' : truncate(error.message)
}

function truncate (text: string): string {
  // the field takes 254 bytes without control characters; ASCII keeps the count simple
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
}
