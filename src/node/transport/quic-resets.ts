import type { Stream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { growingRead } from './quic-reads.ts'
import type { NativeRead } from './quic-reads.ts'

/** What the QUIC library has at run time; none of it is in the published types. */
interface NativeStream {
  id: () => unknown
  read: NativeRead
  resetWrite: () => Promise<void>
}
interface NativeConnection {
  inboundStream: () => Promise<NativeStream>
  outboundStream: () => Promise<NativeStream>
}
interface RemoteEvents {
  onRemoteCloseWrite: () => void
  onRemoteReset: () => void
}

/**
 * Tells a stream that the other side reset as such. The library ends it like one that was closed in order, so that a peer which gave up
 * midway seemed to have sent half a frame, an offence; and it keeps our half of the stream open.
 * Where the members are missing all stays as it is, and `test/node-transport` fails so that somebody looks.
 */
export function tellResets (factory: StreamMuxerFactory): void {
  const connection = nativeOf(factory)
  if (connection === undefined) return
  // a key stays until the library, told next, ends the stream
  const resets = new Set<string>()
  watch(connection, 'inbound', resets)
  watch(connection, 'outbound', resets)
  const create = factory.createStreamMuxer.bind(factory)
  factory.createStreamMuxer = maConn => {
    const muxer: StreamMuxer = create(maConn)
    muxer.addEventListener('stream', ({ detail }) => { passOn(detail, resets) })
    const createStream = muxer.createStream.bind(muxer)
    muxer.createStream = async options => {
      const stream = await createStream(options)
      passOn(stream, resets)
      return stream
    }
    return muxer
  }
}

function watch (connection: NativeConnection, direction: Stream['direction'], resets: Set<string>): void {
  const method = `${direction}Stream` as const
  const next = connection[method].bind(connection)
  connection[method] = async () => {
    const native = await next()
    const read = growingRead(native.read.bind(native))
    native.read = async bytes => {
      try {
        return await read(bytes)
      } catch (error) {
        if (/reset by peer/.test(String(error))) {
          resets.add(`${direction} ${String(native.id())}`)
          // fails where our half is closed already, which is as good
          native.resetWrite().catch(() => {})
        }
        throw error
      }
    }
    return native
  }
}

function passOn (stream: Stream, resets: Set<string>): void {
  const events = stream as Stream & RemoteEvents
  const closeWrite = events.onRemoteCloseWrite.bind(events)
  events.onRemoteCloseWrite = () => {
    const isReset = resets.delete(`${stream.direction} ${stream.id}`)
    if (isReset && (stream.status === 'open' || stream.status === 'closing')) events.onRemoteReset()
    else closeWrite()
  }
}

function nativeOf (factory: object): NativeConnection | undefined {
  const { init } = factory as { readonly init?: { readonly connection?: Partial<NativeConnection> } }
  const connection = init?.connection
  return typeof connection?.inboundStream === 'function' && typeof connection.outboundStream === 'function' ? connection as NativeConnection : undefined
}
