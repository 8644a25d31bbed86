import { TosError } from '../errors/index.ts'

/** Things that were opened, closed once and in the reverse order. */
export interface Scope {
  /** Registers what ends one part. */
  add (name: string, close: () => void | Promise<void>): void
  /**
   * Closes all parts, last opened first; later calls return the same promise. A part that fails does not keep the others open.
   * Throws `STOP_TIMEOUT` with `details.open` when parts are still open at the deadline, else the first failure.
   */
  close (): Promise<void>
}

/** A scope whose `close()` ends within `deadlineMs`. */
export function openScope (deadlineMs: number): Scope {
  const parts: Array<{ name: string, close: () => void | Promise<void> }> = []
  let closing: Promise<void> | undefined
  return {
    add (name, close) { parts.push({ name, close }) },
    close () {
      closing ??= closeAll(parts, deadlineMs)
      return closing
    }
  }
}

async function closeAll (parts: Array<{ name: string, close: () => void | Promise<void> }>, deadlineMs: number): Promise<void> {
  const failures: unknown[] = []
  const run = async (): Promise<void> => {
    for (let part = parts.at(-1); part !== undefined; part = parts.at(-1)) {
      try {
        await part.close()
      } catch (error) {
        failures.push(error)
      }
      parts.pop()
    }
  }
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<'late'>(resolve => { timer = setTimeout(() => { resolve('late') }, deadlineMs) })
  const outcome = await Promise.race([run(), deadline])
  clearTimeout(timer)
  if (outcome === 'late') {
    const open = parts.map(({ name }) => name).toReversed()
    throw new TosError('STOP_TIMEOUT', `still open after ${deadlineMs} ms: ${open.join(', ')}`, { details: { open } })
  }
  if (failures.length > 0) throw failures[0]
}
