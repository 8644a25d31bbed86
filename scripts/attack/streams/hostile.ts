import type { Connection, Libp2p, ServiceMap, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { ServiceFactoryMap } from 'libp2p'
import { PING, PONG } from '../../../protocols/index.ts'
import { encodePayload, peerIdToNodeId } from '../../../src/protocol/index.ts'
import { stockWireOptions } from '../../../src/node/transport/stock-wire.ts'
import { frame } from '../../../test/support/frames.ts'
import type { FrameParts } from '../../../test/support/frames.ts'
import { rawStream } from '../../../test/support/raw-stream.ts'
import type { RawStream } from '../../../test/support/raw-stream.ts'
import { PING_PROTOCOL } from './carried.ts'

/** A plain libp2p peer that writes whatever bytes it likes. */
export interface Hostile<S extends ServiceMap = ServiceMap> {
  readonly node: Libp2p<S>
  readonly connection: Connection
  open (protocol: string): Promise<RawStream>
  /** A stream on which no protocol was agreed: the first bytes of the negotiation are the caller's. */
  openUnnegotiated (): Promise<Stream>
  /** A frame with the right sender and time, and `parts` right or wrong. */
  frame (parts: FrameParts): Uint8Array
  ping (nonce: bigint): Uint8Array
  stop (): Promise<void>
}

/** Starts a peer, lets `prepare` register what it answers, and connects it. */
export async function startHostile<S extends ServiceMap = ServiceMap> (
  address: string, services?: ServiceFactoryMap<S>, prepare: (node: Libp2p<S>) => Promise<void> = async () => {}
): Promise<Hostile<S>> {
  const node = await createLibp2p<S>({
    ...stockWireOptions(), addresses: { listen: [] }, connectionMonitor: { enabled: false }, ...(services === undefined ? {} : { services })
  })
  await prepare(node)
  const connection = await node.dial(multiaddr(address))
  const nodeId = peerIdToNodeId(node.peerId)
  const framed = (parts: FrameParts): Uint8Array => frame({ nodeId, timestamp: BigInt(Math.floor(Date.now() / 1000)), ...parts })
  return {
    node, connection, frame: framed,
    ping: nonce => framed({ type: PING.code, payload: encodePayload(PING, { nonce, userAgent: 'by hand', services: 0n, timestamp: 0n }) }),
    open: async protocol => rawStream(await connection.newStream(protocol, { maxOutboundStreams: 1000 })),
    openUnnegotiated: () => (connection as unknown as { readonly muxer: { createStream (options: object): Promise<Stream> } }).muxer.createStream({}),
    stop: async () => { await node.stop() }
  }
}

/** Starts `count` peers, runs `act` and stops them, also when it throws. */
export async function withHostiles<T> (address: string, count: number, act: (peers: readonly Hostile[]) => Promise<T>): Promise<T> {
  const peers: Hostile[] = []
  try {
    for (let i = 0; i < count; i++) peers.push(await startHostile(address))
    return await act(peers)
  } finally {
    await Promise.all(peers.map(peer => peer.stop()))
  }
}

/** Sends a good PING on a new stream. Throws when no PONG comes. */
export async function mustAnswer (peer: Hostile): Promise<void> {
  const raw = await peer.open(PING_PROTOCOL)
  raw.write(peer.ping(1n))
  if ((await raw.next()).type !== PONG.code) throw new Error('a good PING got no PONG')
  await raw.stream.close()
}
