import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, PeerId, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { streamPair } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { ProtocolComponents } from '../../src/protocol/index.ts'

/** A peer without a network: streams are in-process pairs, everything above them is the product's. */
export interface FakePeer {
  readonly peerId: PeerId
  readonly components: ProtocolComponents
  readonly handlers: Map<string, { handler: StreamHandler, options: StreamHandlerOptions }>
  readonly connections: FakeConnection[]
}

export interface FakeConnection extends Connection {
  /** Streams opened from this end so far. */
  readonly opened: Stream[]
  /** Runs before every new stream; a test may wait or throw in it. */
  beforeStream: (signal: AbortSignal | undefined) => Promise<void>
  readonly reason: { error: Error | undefined }
}

export interface KernelNet {
  peer (type?: 'Ed25519' | 'secp256k1'): Promise<FakePeer>
  /** Two ends of one connection: a's, then b's. */
  connect (a: FakePeer, b: FakePeer): [FakeConnection, FakeConnection]
  /** Makes an address lead to a peer. */
  listen (address: string, peer: FakePeer): void
  /** Resets what is left open. */
  close (): void
}

const logger = defaultLogger()

export function createKernelNet (): KernelNet {
  const peers: FakePeer[] = []
  const addresses = new Map<string, FakePeer>()
  const all: FakeConnection[] = []

  const connect = (a: FakePeer, b: FakePeer): [FakeConnection, FakeConnection] => {
    const ends = [connectionEnd(b), connectionEnd(a)] as [FakeConnection, FakeConnection]
    link(ends[0], ends[1], b)
    link(ends[1], ends[0], a)
    a.connections.push(ends[0])
    b.connections.push(ends[1])
    all.push(...ends)
    return ends
  }

  return {
    connect,
    listen: (address, peer) => { addresses.set(address, peer) },
    close: () => { for (const connection of all) connection.abort(new Error('test over')) },
    async peer (type = 'Ed25519') {
      const peerId = peerIdFromPrivateKey(type === 'Ed25519' ? await generateKeyPair('Ed25519') : await generateKeyPair('secp256k1'))
      const handlers: FakePeer['handlers'] = new Map()
      const connections: FakeConnection[] = []
      const peer: FakePeer = {
        peerId, handlers, connections,
        components: {
          peerId, logger,
          registrar: {
            handle: async (id: string, handler: StreamHandler, options: StreamHandlerOptions) => { handlers.set(id, { handler, options }) },
            unhandle: async (id: string) => { handlers.delete(id) }
          },
          connectionManager: {
            getConnections: (target: PeerId) => connections.filter(({ remotePeer }) => remotePeer.equals(target)),
            openConnection: async (target: PeerId | Multiaddr, { signal }: { signal: AbortSignal }) => {
              signal.throwIfAborted()
              const other = addresses.get(target.toString()) ?? peers.find(({ peerId }) => peerId.toString() === target.toString())
              if (other === undefined) throw new Error('no route')
              return connections.find(({ remotePeer, status }) => status === 'open' && remotePeer.equals(other.peerId)) ?? connect(peer, other)[0]
            }
          }
        } as unknown as ProtocolComponents
      }
      peers.push(peer)
      return peer
    }
  }
}

function connectionEnd (remote: FakePeer): FakeConnection {
  return { remotePeer: remote.peerId, status: 'open', opened: [], log: logger.forComponent('test'), beforeStream: async () => {}, reason: { error: undefined } } as unknown as FakeConnection
}

function named (name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}

function link (near: FakeConnection, far: FakeConnection, remote: FakePeer): void {
  const isOpen = (stream: Stream): boolean => stream.status === 'open'
  const newStream = async (ids: string | string[], { signal, maxOutboundStreams = 64 }: { signal?: AbortSignal, maxOutboundStreams?: number } = {}): Promise<Stream> => {
    await near.beforeStream(signal)
    signal?.throwIfAborted()
    if (near.status !== 'open') throw named('ConnectionClosedError', 'closed')
    const id = [ids].flat().find(wanted => remote.handlers.has(wanted))
    if (id === undefined) throw named('UnsupportedProtocolError', 'no such protocol')
    const open = near.opened.filter(stream => isOpen(stream) && stream.protocol === id)
    if (open.length >= maxOutboundStreams) throw named('TooManyOutboundProtocolStreamsError', 'too many')
    const [outbound, inbound] = await streamPair({ delay: 0, capacity: 64 })
    for (const stream of [outbound, inbound]) stream.protocol = id
    near.opened.push(outbound)
    const { handler, options } = remote.handlers.get(id) as { handler: StreamHandler, options: StreamHandlerOptions }
    // as libp2p does: the opener has its stream, and learns of the limit by a reset
    if (open.length >= (options.maxInboundStreams ?? 32)) inbound.abort(named('TooManyInboundProtocolStreamsError', 'too many'))
    else void handler(inbound, far)
    return outbound
  }
  const abort = (error: Error): void => {
    if (near.status !== 'open') return
    Object.assign(near, { status: 'aborted' })
    near.reason.error = error
    for (const stream of near.opened) stream.abort(error)
    far.abort(error)
  }
  Object.assign(near, { newStream, abort })
}
