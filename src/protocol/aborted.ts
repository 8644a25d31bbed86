import { TosError } from '../errors/index.ts'

/** The coded form of an aborted signal's reason: `TIMEOUT` for a time-out, else `ABORTED`. */
export function aborted (signal: AbortSignal, cause: unknown = signal.reason): TosError {
  const reason: unknown = signal.reason
  if (reason instanceof TosError) return reason
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError'
  return new TosError(timedOut ? 'TIMEOUT' : 'ABORTED', timedOut ? 'no answer in time' : 'the caller cancelled the request', { cause })
}
