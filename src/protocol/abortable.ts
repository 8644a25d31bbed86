import { aborted } from './aborted.ts'

/** What `work` settles with, or the signal's coded reason when that comes first; a failure of `work` after that is nobody's any more. */
export async function abortable<T> (work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const leave = (): void => { reject(aborted(signal)) }
  if (signal.aborted) leave()
  work.then(resolve, reject)
  signal.addEventListener('abort', leave)
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
