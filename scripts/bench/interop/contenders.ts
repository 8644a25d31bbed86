import type { PeerKind } from '../../../test/interop/harness/toolchain.ts'
import { startPeer } from '../../../test/interop/harness/peer-process.ts'
import type { PeerProcess } from '../../../test/interop/harness/peer-process.ts'
import type { PeerConfig } from '../../../test/interop/harness/peer-config.ts'

/** Each dials the same go-libp2p peer: our node with its limits on, stock js-libp2p, and go-libp2p itself. */
export const CONTENDERS = ['tosd', 'js', 'go'] as const
export type Contender = typeof CONTENDERS[number]

/** Where all of them run; QUIC has encryption and streams of its own, TCP takes noise and yamux. */
export const TRANSPORTS = { tcp: '/ip4/127.0.0.1/tcp/0', quic: '/ip4/127.0.0.1/udp/0/quic-v1' } as const
export type Transport = keyof typeof TRANSPORTS

/** What one round asks of a contender. */
export interface Load { readonly bytes: number, readonly echoes: number }
/** What it saw: Mbit/s to and from the go peer, and the median echo, ms. */
export interface Figures { readonly send: number, readonly receive: number, readonly echo: number }

export const ECHO_BYTES = 32
const ANSWER_MS = 120_000

/** Runs `use` with every contender connected to one go peer, each in a process of its own; all end with it. */
export async function withContenders<T> (transport: Transport, use: (measure: (name: Contender, load: Load) => Promise<Figures>) => Promise<T>): Promise<T> {
  const config: PeerConfig = { listen: [], transports: [transport], security: ['noise'] }
  const started: PeerProcess[] = []
  const start = async (kind: PeerKind, further: Partial<PeerConfig> = {}): Promise<PeerProcess> => {
    const peer = await startPeer(kind, { ...config, ...further })
    started.push(peer)
    return peer
  }
  try {
    const server = await start('go', { listen: [TRANSPORTS[transport]] })
    const peers = new Map<Contender, PeerProcess>()
    for (const name of CONTENDERS) {
      const peer = await start(name)
      await peer.ask('dial', { addr: server.addrs[0] })
      peers.set(name, peer)
    }
    return await use((name, load) => figuresOf(peers.get(name) as PeerProcess, server.peerId, load))
  } finally {
    await Promise.all(started.map(peer => peer.stop()))
  }
}

async function figuresOf (dialler: PeerProcess, peer: string, { bytes, echoes }: Load): Promise<Figures> {
  const bulk = async (direction: 'send' | 'receive'): Promise<number> => {
    const { ms } = await dialler.ask<{ readonly ms: number }>('bulk', { peer, direction, bytes }, ANSWER_MS)
    return bytes * 8 / ms / 1_000
  }
  const send = await bulk('send')
  const receive = await bulk('receive')
  const { p50Ms } = await dialler.ask<{ readonly p50Ms: number }>('echo', { peer, count: echoes, size: ECHO_BYTES }, ANSWER_MS)
  return { send, receive, echo: p50Ms }
}
