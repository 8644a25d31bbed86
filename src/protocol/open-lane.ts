import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { isPeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { TosError, toTosError } from '../errors/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import { aborted } from './aborted.ts'
import { awaitCodec } from './await-codec.ts'
import type { Carrier } from './carriers.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'
import type { StreamDefinition } from './stream-definition.ts'

/** Whom to ask: a peer id (known or connected) or an address. */
export type Target = PeerId | Multiaddr

/** A negotiated stream and how its frames are protected. */
export interface OpenedStream {
  readonly stream: Stream
  readonly codec: FrameCodec
}

/** The open connection to a peer, or a new one. Throws `PEER_UNREACHABLE`, `TIMEOUT` or `ABORTED`. */
export async function connect ({ connectionManager }: ProtocolComponents, target: Target, signal: AbortSignal): Promise<Connection> {
  const all = isPeerId(target) ? connectionManager.getConnections(target).filter(({ status }) => status === 'open') : []
  // a direct one, where a relay helped to make it
  const open = all.find(({ limits }) => limits === undefined) ?? all[0]
  if (open !== undefined) return open
  try {
    return await connectionManager.openConnection(target, { signal })
  } catch (cause) {
    if (signal.aborted) throw aborted(signal, cause)
    throw new TosError('PEER_UNREACHABLE', `could not connect to ${target.toString()}`, { cause })
  }
}

/** Opens a stream of a definition. Throws `PEER_UNREACHABLE`, `RELAYED_ONLY`, `PROTOCOL_UNSUPPORTED`, `BUSY`, `TIMEOUT`, `ABORTED`, `STREAM_CLOSED` or what the carrier throws: `NO_NODE_ID`, `NO_SESSION`, `HANDSHAKE_TIMEOUT`. */
export async function openStream (components: ProtocolComponents, environment: KernelEnvironment, { id: protocolId, overRelay = false }: Pick<StreamDefinition<unknown>, 'id' | 'overRelay'>, connection: Connection, signal: AbortSignal): Promise<OpenedStream> {
  const carriers = environment.carriers(protocolId)
  let stream: Stream
  try {
    stream = await connection.newStream(carriers.map(({ id }) => id), { signal, maxOutboundStreams: environment.streamsPerProtocol, runOnLimitedConnection: overRelay })
  } catch (cause) {
    throw openError(cause, protocolId, connection, signal)
  }
  try {
    const carrier = carriers.find(({ id }) => id === stream.protocol) as Carrier
    const codec = carrier.codec(stream, connection, components.peerId)
    const ready = codec instanceof Promise ? await awaitCodec(codec, stream, signal) : codec
    // whoever wanted the stream may have left while it was negotiated
    if (signal.aborted) throw aborted(signal)
    return { stream, codec: ready }
  } catch (error) {
    const coded = toTosError(error)
    stream.abort(coded)
    throw coded
  }
}

function openError (cause: unknown, protocolId: string, { remotePeer }: Connection, signal: AbortSignal): TosError {
  if (signal.aborted) return aborted(signal, cause)
  const name = cause instanceof Error ? cause.name : ''
  if (name === 'UnsupportedProtocolError') return new TosError('PROTOCOL_UNSUPPORTED', `${remotePeer.toString()} does not speak ${protocolId}`, { cause })
  if (name === 'LimitedConnectionError') return new TosError('RELAYED_ONLY', `${protocolId} needs a direct connection to ${remotePeer.toString()}`, { cause })
  if (name === 'TooManyOutboundProtocolStreamsError') return new TosError('BUSY', `too many open streams of ${protocolId}`, { cause })
  return new TosError('PEER_UNREACHABLE', `could not open ${protocolId}`, { cause })
}
