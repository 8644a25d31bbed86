import { TosError } from '../errors/index.ts'

/** What a handler threw, as the failure of this request. What another peer answered to a question of the handler's is no finding about the one who asks here. */
export function handlerError (error: unknown): TosError {
  if (error instanceof TosError && error.details?.['remote'] !== true) return error
  return new TosError('HANDLER_FAILED', 'the handler threw', { cause: error })
}
