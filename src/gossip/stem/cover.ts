import { exponential } from './clock.ts'
import type { Random, StemClock } from './clock.ts'

export interface CoverDeps {
  readonly clock: StemClock
  readonly random: Random
  /** Mean pause between two cells of one link. */
  readonly meanMs: number
  /** Links that carry cells at the moment. */
  readonly links: () => readonly string[]
  /** Sends one. Must not throw. */
  readonly cell: (peer: string) => void
}

/** Sends cells until it is stopped. */
export interface Cover {
  start (): void
  stop (): void
}

/**
 * Cells on every link as a Poisson process each. The sum of n such processes is one n times as fast whose events fall on the links at
 * random, so one timer does; and as such a process has no memory, it may begin anew whenever links come and go.
 */
export function createCover ({ clock, random, meanMs, links, cell }: CoverDeps): Cover {
  let cancel: (() => void) | undefined
  const next = (): void => {
    const count = Math.max(1, links().length)
    cancel = clock.after(exponential(meanMs / count, random), () => {
      const now = links()
      const peer = now[Math.floor(random() * now.length)]
      // links that went since are missed rather than moved to others
      if (peer !== undefined && random() < now.length / count) cell(peer)
      next()
    })
  }
  return {
    start () { if (cancel === undefined) next() },
    stop () {
      cancel?.()
      cancel = () => {}
    }
  }
}
