import { startLines } from './child-lines.ts'
import { Unsupported } from './peer-config.ts'
import type { PeerConfig } from './peer-config.ts'
import { peerLine } from './peer-line.ts'
import type { PeerLine, PeerTalk } from './peer-line.ts'
import { find } from './toolchain.ts'
import type { PeerKind } from './toolchain.ts'

/** Longest a peer may take to be ready: a loaded machine, not a hurried one. */
const READY_MS = 60_000

/** A peer behind the control protocol, in a process that the test is not in. */
export interface PeerProcess extends PeerTalk {
  readonly kind: PeerKind
  /** Of the process it runs in, which it may share with others of its kind. */
  readonly pid: number | undefined
  readonly peerId: string
  /** Multiaddrs with the peer id. */
  readonly addrs: readonly string[]
  readonly versions: Readonly<Record<string, string>>
  /** Asks it to quit, and ends it by force if it does not. */
  stop (): Promise<void>
}

/**
 * Starts a peer in a process of its own and waits until it is ready; `prefix` stands before its command, e.g. `ip netns exec NAME`. Throws
 * `Unsupported` when it lacks something of `config`.
 */
export async function startPeer (kind: PeerKind, config: PeerConfig, prefix: readonly string[] = []): Promise<PeerProcess> {
  const child = startLines(kind, [...prefix, ...commandOf(kind), JSON.stringify(config)] as unknown as [string, ...string[]], said => { line.hear(said) }, what => { line.over(child.failure(what)) })
  const line = peerLine(kind, child.write, child.failure)
  return await ready(kind, child.pid, line, () => child.stop({ id: 0, cmd: 'quit' }))
}

/** How a peer is started, its configuration left out. Throws `Unsupported` when it is not here. */
export function commandOf (kind: PeerKind): readonly [string, ...string[]] {
  const found = find(kind)
  if ('missing' in found) throw new Unsupported(found.missing)
  return [found.command, ...found.args]
}

/** Waits for the first line of a peer; one that is not ready is stopped. Throws `Unsupported` with what it lacks. */
export async function ready (kind: PeerKind, pid: number | undefined, line: PeerLine, stop: () => Promise<void>): Promise<PeerProcess> {
  try {
    const first = await line.event(({ event }) => event === 'ready' || event === 'unsupported' || event === 'failed', READY_MS)
    if (first.event === 'failed') throw new Error(`${kind} does not start: ${String(first['what'])}`)
    if (first.event === 'unsupported') throw new Unsupported(String(first['what']))
    const { peerId, addrs, versions } = first as unknown as Pick<PeerProcess, 'peerId' | 'addrs' | 'versions'>
    return { kind, pid, peerId, addrs, versions, ask: line.ask, event: line.event, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
