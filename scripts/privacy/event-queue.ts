import { setImmediate as nextTurn } from 'node:timers/promises'
import { createHeap } from '../../src/chain/mempool/heap.ts'
import type { StemClock } from '../../src/gossip/stem/index.ts'

/** Simulated time: what is due runs in order of time, each after the promises of the one before have settled. */
export interface EventQueue extends StemClock {
  /** Runs events until `over` holds or none is left. */
  run (over: () => boolean): Promise<void>
}

interface Event {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined
}

export function createEventQueue (): EventQueue {
  const events = createHeap<Event>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order))
  let now = 0
  let count = 0
  return {
    now: () => now,
    after (ms, run) {
      const event: Event = { at: now + ms, order: count++, run }
      events.push(event)
      return () => { event.run = undefined }
    },
    async run (over) {
      while (!over()) {
        const event = events.pop()
        if (event === undefined) return
        if (event.run === undefined) continue
        now = event.at
        event.run()
        await nextTurn()
      }
    }
  }
}
