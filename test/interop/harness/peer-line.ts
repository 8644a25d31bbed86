import type { PeerKind } from './toolchain.ts'
import { Unsupported } from './peer-config.ts'

/** Longest a peer may take to answer: a loaded machine, not a hurried one. */
const ANSWER_MS = 45_000

/** A line a peer printed by itself. */
export type PeerEvent = Readonly<Record<string, unknown>> & { readonly event: string }

/** An answer to a request, by its id. */
export interface Answer { readonly id: number, readonly ok: boolean, readonly error?: string }

/** What a test says to a peer, and hears from it. */
export interface PeerTalk {
  /** Sends a request and waits for its answer. Throws `Unsupported` for a command the peer does not have, else an error with the peer's text and log. */
  ask <T = Readonly<Record<string, unknown>>> (cmd: string, args?: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<T>
  /** The first event, past or to come, that was not taken yet and for which `wanted` holds; it is taken by that. */
  event (wanted: (event: PeerEvent) => boolean, timeoutMs?: number): Promise<PeerEvent>
}

/** The test's end of a peer's control protocol, whatever carries the lines. */
export interface PeerLine extends PeerTalk {
  /** Takes what the peer said. */
  hear (said: PeerEvent | Answer): void
  /** The peer is gone: whoever waits, and whoever asks from now on, is told `error`. */
  over (error: Error): void
}

interface Waiter { readonly wanted: (event: PeerEvent) => boolean, readonly resolve: (event: PeerEvent) => void, readonly reject: (error: Error) => void }
interface Pending { readonly resolve: (answer: Answer) => void, readonly reject: (error: Error) => void }

/** A line to a peer: `write` carries a request to it, `failure` words an error, with the peer's log. */
export function peerLine (kind: PeerKind, write: (request: object) => void, failure: (what: string) => Error): PeerLine {
  const pending = new Map<number, Pending>()
  const waiters = new Set<Waiter>()
  const events: PeerEvent[] = []
  let last = 0
  let ended: Error | undefined

  return {
    hear (said) {
      if (!('event' in said)) {
        pending.get(said.id)?.resolve(said)
        return
      }
      const waiter = [...waiters].find(({ wanted }) => wanted(said))
      if (waiter === undefined) {
        events.push(said)
      } else {
        // at once: the next line may come before whoever waited has run
        waiters.delete(waiter)
        waiter.resolve(said)
      }
    },
    over (error) {
      ended ??= error
      for (const { reject } of [...pending.values(), ...waiters]) reject(ended)
    },
    async ask <T> (cmd: string, args: Readonly<Record<string, unknown>> = {}, timeoutMs = ANSWER_MS): Promise<T> {
      if (ended !== undefined) throw ended
      const id = ++last
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      pending.set(id, { resolve, reject })
      const timer = setTimeout(() => { reject(failure(`did not answer ${cmd} within ${timeoutMs} ms`)) }, timeoutMs)
      write({ id, cmd, ...args })
      try {
        const answer = await promise
        if (answer.ok) return answer as T
        const reason = answer.error ?? 'no reason given'
        throw /unsupported/i.test(reason) && !/protocol|UnsupportedProtocol/.test(reason) ? new Unsupported(`${kind}: ${reason}`) : failure(`${cmd}: ${reason}`)
      } finally {
        clearTimeout(timer)
        pending.delete(id)
      }
    },
    async event (wanted, timeoutMs = ANSWER_MS) {
      const at = events.findIndex(event => wanted(event))
      if (at !== -1) return events.splice(at, 1)[0] as PeerEvent
      if (ended !== undefined) throw ended
      const { promise, resolve, reject } = Promise.withResolvers<PeerEvent>()
      const waiter: Waiter = { wanted, resolve, reject }
      waiters.add(waiter)
      const timer = setTimeout(() => { reject(failure(`did not tell within ${timeoutMs} ms; untaken: ${JSON.stringify(events).slice(0, 1_000)}`)) }, timeoutMs)
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        waiters.delete(waiter)
      }
    }
  }
}
