import type { NodeEvent, StreamedEvent } from './admin-views.ts'

/** Events one slow reader may have waiting; beyond it the oldest go, and the reader is told how many. */
const MAX_WAITING = 1024
/** Events kept for the first listener: what happened while the node was opened must not be lost. */
const MAX_EARLY = 64

/** The node's events: listeners in this process, streams for the admin socket. */
export interface NodeEvents {
  /** Returns the function that unsubscribes. The first listener is told what happened before it came. The listener must not throw. */
  subscribe (listener: (event: StreamedEvent) => void): () => void
  /** Events from now on until `signal` aborts or the hub closes. */
  stream (options?: { readonly signal?: AbortSignal }): AsyncIterable<StreamedEvent>
}

/** The hub as its owner sees it. */
export interface NodeEventHub extends NodeEvents {
  emit (event: NodeEvent): void
  /** Ends all streams and forgets all listeners. */
  close (): void
}

/** A hub without a queue of its own; `now` gives Unix milliseconds. */
export function createNodeEvents (now: () => number = Date.now): NodeEventHub {
  const listeners = new Set<(event: StreamedEvent) => void>()
  const closing = new AbortController()
  let early: StreamedEvent[] | undefined = []
  return {
    emit (event) {
      const stamped = { ...event, at: now() }
      if (early !== undefined && early.length < MAX_EARLY) early.push(stamped)
      for (const listener of listeners) listener(stamped)
    },
    subscribe (listener) {
      listeners.add(listener)
      const missed = early ?? []
      early = undefined
      for (const event of missed) listener(event)
      return () => { listeners.delete(listener) }
    },
    async * stream ({ signal } = {}) {
      const ended = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
      const waiting: StreamedEvent[] = []
      let missed = 0
      let wake = (): void => {}
      const listener = (event: StreamedEvent): void => {
        if (waiting.push(event) > MAX_WAITING) {
          waiting.shift()
          missed++
        }
        wake()
      }
      const onEnd = (): void => wake()
      listeners.add(listener)
      ended.addEventListener('abort', onEnd)
      try {
        while (!ended.aborted) {
          const event = waiting.shift()
          if (event === undefined) {
            await new Promise<void>(resolve => { wake = resolve })
            continue
          }
          const lost = missed
          missed = 0
          yield lost === 0 ? event : { ...event, missed: lost }
        }
      } finally {
        listeners.delete(listener)
        ended.removeEventListener('abort', onEnd)
      }
    },
    close () {
      closing.abort()
      listeners.clear()
    }
  }
}
