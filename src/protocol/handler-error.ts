import { TosError } from '../errors/index.ts'
import type { TosErrorCode } from '../errors/index.ts'

/** Findings about a frame or a session. A handler that throws one met it elsewhere, on a question of its own. */
const ELSEWHERE: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['CORRUPT_MESSAGE', 'SEAL_BROKEN', 'FRAME_REPLAYED', 'NO_SESSION', 'HANDSHAKE_FAILED', 'HANDSHAKE_TIMEOUT', 'SESSION_EXHAUSTED'])

/** What a handler threw, as the failure of this request. What went wrong between the handler and another peer is no finding about the one who asks here. */
export function handlerError (error: unknown): TosError {
  if (error instanceof TosError && error.details?.['remote'] !== true && !ELSEWHERE.has(error.code)) return error
  return new TosError('HANDLER_FAILED', 'the handler threw', { cause: error })
}
