import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Unsupported } from './peer-config.ts'
import type { PeerConfig } from './peer-config.ts'
import { find } from './toolchain.ts'
import type { PeerKind } from './toolchain.ts'

/** Longest a peer may take to be ready, to answer, and to end: a loaded machine, not a hurried one. */
const READY_MS = 60_000
const ANSWER_MS = 45_000
const END_MS = 10_000
/** Characters of a peer's log that a failure shows. */
const LOG_TAIL = 4_000

/** A line a peer printed by itself. */
export type PeerEvent = Readonly<Record<string, unknown>> & { readonly event: string }

/** A peer in a process of its own, behind the control protocol. */
export interface PeerProcess {
  readonly kind: PeerKind
  readonly peerId: string
  /** Multiaddrs with the peer id. */
  readonly addrs: readonly string[]
  readonly versions: Readonly<Record<string, string>>
  /** Sends a request and waits for its answer. Throws `Unsupported` for a command the peer does not have, else an error with the peer's text and log. */
  ask <T = Readonly<Record<string, unknown>>> (cmd: string, args?: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<T>
  /** The first event, past or to come, that was not taken yet and for which `wanted` holds; it is taken by that. */
  event (wanted: (event: PeerEvent) => boolean, timeoutMs?: number): Promise<PeerEvent>
  /** Asks it to quit, and ends it by its id if it does not. */
  stop (): Promise<void>
}

interface Waiter { readonly wanted: (event: PeerEvent) => boolean, readonly resolve: (event: PeerEvent) => void }
interface Pending { readonly resolve: (answer: Answer) => void, readonly reject: (error: Error) => void }
interface Answer { readonly id: number, readonly ok: boolean, readonly error?: string }

/**
 * Starts a peer and waits until it is ready; `prefix` stands before its command, e.g. `ip netns exec NAME`. Throws `Unsupported` when it
 * lacks something of `config`.
 */
export async function startPeer (kind: PeerKind, config: PeerConfig, prefix: readonly string[] = []): Promise<PeerProcess> {
  const found = find(kind)
  if ('missing' in found) throw new Unsupported(found.missing)
  const [command = found.command, ...args] = [...prefix, found.command, ...found.args, JSON.stringify(config)]
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const line = talkTo(kind, child)
  try {
    const first = await line.event(({ event }) => event === 'ready' || event === 'unsupported', READY_MS)
    if (first.event === 'unsupported') throw new Unsupported(String(first['what']))
    const { peerId, addrs, versions } = first as unknown as Pick<PeerProcess, 'peerId' | 'addrs' | 'versions'>
    return { kind, peerId, addrs, versions, ...line }
  } catch (error) {
    await line.stop()
    throw error
  }
}

function talkTo (kind: PeerKind, child: ChildProcess): Pick<PeerProcess, 'ask' | 'event' | 'stop'> {
  const pending = new Map<number, Pending>()
  const waiters = new Set<Waiter>()
  const events: PeerEvent[] = []
  let log = ''
  let last = 0
  let over: Error | undefined
  const failure = (what: string): Error => new Error(`${kind} ${what}${log === '' ? '' : `\n--- log of ${kind} ---\n${log.slice(-LOG_TAIL)}`}`)
  const failWaiters: Set<(error: Error) => void> = new Set()

  child.stderr?.on('data', (piece: Buffer) => { log = (log + piece.toString()).slice(-2 * LOG_TAIL) })
  // a peer that is gone shows by its exit; writing to it must not end the test
  child.stdin?.on('error', () => {})
  const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> })
  lines.on('line', line => {
    const said = parse(line)
    if (said === undefined) {
      log += `(not JSON) ${line}\n`
    } else if ('event' in said) {
      const waiter = [...waiters].find(({ wanted }) => wanted(said))
      if (waiter === undefined) {
        events.push(said)
      } else {
        // at once: the next line may come before whoever waited has run
        waiters.delete(waiter)
        waiter.resolve(said)
      }
    } else {
      pending.get(said.id)?.resolve(said)
    }
  })
  const ended = (error: Error): void => {
    over = error
    for (const { reject } of pending.values()) reject(error)
    for (const fail of failWaiters) fail(error)
  }
  child.once('error', error => { ended(failure(`could not be started: ${error.message}`)) })
  // all of stdout has been read by then
  child.once('close', (code, signal) => { ended(failure(`ended with ${code ?? signal}`)) })

  return {
    async ask <T> (cmd: string, args: Readonly<Record<string, unknown>> = {}, timeoutMs = ANSWER_MS): Promise<T> {
      if (over !== undefined) throw over
      const id = ++last
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      pending.set(id, { resolve, reject })
      const timer = setTimeout(() => { reject(failure(`did not answer ${cmd} within ${timeoutMs} ms`)) }, timeoutMs)
      child.stdin?.write(`${JSON.stringify({ id, cmd, ...args })}\n`)
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
      if (over !== undefined) throw over
      const { promise, resolve, reject } = Promise.withResolvers<PeerEvent>()
      const waiter: Waiter = { wanted, resolve }
      waiters.add(waiter)
      failWaiters.add(reject)
      const timer = setTimeout(() => { reject(failure(`did not tell within ${timeoutMs} ms; untaken: ${JSON.stringify(events).slice(0, 1_000)}`)) }, timeoutMs)
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        waiters.delete(waiter)
        failWaiters.delete(reject)
      }
    },
    async stop () {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      const exit = once(child, 'exit')
      child.stdin?.write(`${JSON.stringify({ id: 0, cmd: 'quit' })}\n`)
      child.stdin?.end()
      const timer = setTimeout(() => { child.kill('SIGKILL') }, END_MS)
      await exit
      clearTimeout(timer)
    }
  }
}

function parse (line: string): PeerEvent | Answer | undefined {
  try {
    return JSON.parse(line) as PeerEvent | Answer
  } catch {
    return undefined
  }
}
