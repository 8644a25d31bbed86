import { startLines } from './child-lines.ts'
import type { ChildLines } from './child-lines.ts'
import type { PeerConfig } from './peer-config.ts'
import { peerLine } from './peer-line.ts'
import type { Answer, PeerEvent, PeerLine } from './peer-line.ts'
import { commandOf, ready } from './peer-process.ts'
import type { PeerProcess } from './peer-process.ts'
import type { OWN_PEERS } from './toolchain.ts'

/** Peers whose process carries many nodes: loading the libraries costs ten times what a node does. */
type HostedKind = (typeof OWN_PEERS)[number]

/** Longest a node may take to stop. */
const STOP_MS = 10_000

interface Host { readonly child: ChildLines, readonly lines: Map<number, PeerLine> }

const hosts = new Map<HostedKind, Host>()
let last = 0

/**
 * Starts a fresh node in the one process that this test file has for its kind. Nodes of a process share loaded code and its scratch buffers:
 * each has its own identity, stores and sockets. When the process dies every node in it tells so, and the next start begins another process.
 */
export async function startHosted (kind: HostedKind, config: PeerConfig): Promise<PeerProcess> {
  const known = hosts.get(kind)
  const host = known === undefined || known.child.isOver() ? open(kind) : known
  hosts.set(kind, host)
  const { child, lines } = host
  const node = ++last
  const line = peerLine(kind, request => { child.write({ node, ...request }) }, child.failure)
  lines.set(node, line)
  child.write({ node, cmd: 'start', config })
  return await ready(kind, child.pid, line, async () => {
    if (child.isOver() || !lines.has(node)) return
    try {
      await line.ask('quit', {}, STOP_MS)
    } catch (error) {
      // nobody can end one node by force; the next start has a process of its own
      console.error(`${kind} could not stop a node, so its process is ended: ${(error as Error).message}`)
      if (hosts.get(kind) === host) hosts.delete(kind)
      child.kill()
    }
    lines.delete(node)
  })
}

/** Ends the processes, once no more peers are wanted. */
export async function stopHosts (): Promise<void> {
  const all = [...hosts.values()]
  hosts.clear()
  await Promise.all(all.map(({ child }) => child.stop()))
}

function open (kind: HostedKind): Host {
  const lines = new Map<number, PeerLine>()
  const hear = (said: (PeerEvent | Answer) & { readonly node?: number }): void => { lines.get(said.node ?? 0)?.hear(said) }
  const child = startLines(kind, [...commandOf(kind), '--many'], hear, what => {
    for (const line of lines.values()) line.over(child.failure(`${what}; that process carried every ${kind} node of this file`))
  })
  return { child, lines }
}
