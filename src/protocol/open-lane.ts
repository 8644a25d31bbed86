import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { isPeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { TosError } from '../errors/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import type { Carrier } from './carriers.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'

/** Whom to ask: a peer id (known or connected) or an address. */
export type Target = PeerId | Multiaddr

/** A negotiated stream and how its frames are protected. */
export interface OpenedStream {
  readonly stream: Stream
  readonly connection: Connection
  readonly codec: FrameCodec
}

/** Connects if need be and opens a stream of `protocolId`. Throws `PEER_UNREACHABLE`, `PROTOCOL_UNSUPPORTED`, `BUSY`, `TIMEOUT`, `ABORTED` or `NO_NODE_ID`. */
export async function openStream (components: ProtocolComponents, environment: KernelEnvironment, protocolId: string, target: Target, signal: AbortSignal): Promise<OpenedStream> {
  const carriers = environment.carriers(protocolId)
  const connection = await connect(components, target, signal)
  let stream: Stream
  try {
    stream = await connection.newStream(carriers.map(({ id }) => id), { signal, maxOutboundStreams: environment.streamsPerProtocol })
  } catch (cause) {
    throw openError(cause, protocolId, target, signal)
  }
  try {
    const carrier = carriers.find(({ id }) => id === stream.protocol) as Carrier
    return { stream, connection, codec: await carrier.codec(stream, connection, components.peerId) }
  } catch (error) {
    stream.abort(error as Error)
    throw error
  }
}

async function connect ({ connectionManager }: ProtocolComponents, target: Target, signal: AbortSignal): Promise<Connection> {
  const open = isPeerId(target) ? connectionManager.getConnections(target).find(({ status }) => status === 'open') : undefined
  if (open !== undefined) return open
  try {
    return await connectionManager.openConnection(target, { signal })
  } catch (cause) {
    if (signal.aborted) throw aborted(signal, cause)
    throw new TosError('PEER_UNREACHABLE', `could not connect to ${target.toString()}`, { cause })
  }
}

function openError (cause: unknown, protocolId: string, target: Target, signal: AbortSignal): TosError {
  if (signal.aborted) return aborted(signal, cause)
  const name = cause instanceof Error ? cause.name : ''
  if (name === 'UnsupportedProtocolError') return new TosError('PROTOCOL_UNSUPPORTED', `${target.toString()} does not speak ${protocolId}`, { cause })
  if (name === 'TooManyOutboundProtocolStreamsError') return new TosError('BUSY', `too many open streams of ${protocolId}`, { cause })
  return new TosError('PEER_UNREACHABLE', `could not open ${protocolId}`, { cause })
}

/** The coded form of an aborted signal's reason: `TIMEOUT` for a time-out, else `ABORTED`. */
export function aborted (signal: AbortSignal, cause: unknown = signal.reason): TosError {
  const reason: unknown = signal.reason
  if (reason instanceof TosError) return reason
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError'
  return new TosError(timedOut ? 'TIMEOUT' : 'ABORTED', timedOut ? 'no answer in time' : 'the caller cancelled the request', { cause })
}
