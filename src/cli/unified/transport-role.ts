import type { TosNode } from '../../node/index.ts'
import type { Board } from './board.ts'
import { ownAddress } from './own-address.ts'
import type { TransportTask } from './read-env.ts'

/** Where the listener of the test leaves its address. */
const ADDRESS = 'listener_multiaddr'

/** Options of the node that plays the role. */
export function transportOptions ({ isDialer, transport, security, listen }: TransportTask): { listen: string[], security: string[], quic: boolean, webrtc: boolean } {
  // on a standalone transport the list is not used
  return { listen: isDialer ? [] : [listen], security: security === undefined ? ['noise'] : [security], quic: transport === 'quic-v1', webrtc: transport === 'webrtc-direct' }
}

/** Leaves the listener's address and returns when told to stop. */
export async function listenRole (node: TosNode, board: Board, stopped: AbortSignal): Promise<void> {
  await board.offer(ADDRESS, ownAddress(node))
  await stopping(stopped)
}

/** Dials the listener and pings it; the measurements as YAML, ms. */
export async function dialRole (node: TosNode, board: Board, signal: AbortSignal): Promise<string> {
  const { multiaddr } = await import('@multiformats/multiaddr')
  const address = multiaddr(await board.wait(ADDRESS, signal))
  const start = performance.now()
  const { remotePeer } = await node.dial(address, { signal })
  const rtt = await node.services.ping.ping(remotePeer, { signal })
  const both = performance.now() - start
  return `latency:\n  handshake_plus_one_rtt: ${both.toFixed(3)}\n  ping_rtt: ${rtt.toFixed(3)}\n  unit: ms\n`
}

/** Resolves when `signal` aborts. */
export async function stopping (signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
}
