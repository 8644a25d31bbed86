import { TosError } from '../errors/index.ts'
import type { Clock } from './clock.ts'

/** When a piece of work must give up. */
export interface Deadline {
  readonly clock: Clock
  readonly ms: number
  /** The caller's own end. */
  readonly signal?: AbortSignal | undefined
  /** What waits, for the message. */
  readonly what: string
}

/**
 * Runs `work` with a signal that fires at the deadline or with the caller's. Settles then in any case: a peer's
 * promise that ignores its signal must not hold up whoever waits for it. Throws `TIMEOUT` or `ABORTED`.
 */
export async function withDeadline<T> ({ clock, ms, signal, what }: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  if (signal?.aborted === true) throw aborted(what)
  const controller = new AbortController()
  const gaveUp = Promise.withResolvers<never>()
  const give = (error: TosError): void => {
    gaveUp.reject(error)
    controller.abort(error)
  }
  const onAbort = (): void => { give(aborted(what)) }
  const cancel = clock.after(ms, () => { give(new TosError('TIMEOUT', `${what}: no answer within ${ms} ms`, { details: { ms } })) })
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work(controller.signal), gaveUp.promise])
  } finally {
    cancel()
    signal?.removeEventListener('abort', onAbort)
  }
}

function aborted (what: string): TosError {
  return new TosError('ABORTED', `${what}: cancelled`)
}
