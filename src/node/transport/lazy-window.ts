import type { StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'

/** The part of a yamux stream that grants the other side room to send; none of it is in the published types. */
interface WindowedStream {
  state: number
  recvWindow: number
  recvWindowCapacity: number
  sendWindowUpdate: () => void
}

interface WindowedMuxer {
  _newStream: (...args: never[]) => WindowedStream
}

/** yamux's `StreamState.Established`: nothing but room would be said. In any other state an update carries a flag or is held back. */
const ESTABLISHED = 3

/**
 * Grants room once half of a stream's window is used, as the Go implementation of yamux does. The stock muxer grants after every data
 * frame: each small message costs a second encrypted frame and a second system call, before its answer even begins.
 * Where the members are missing the muxer stays as it is, and `test/node-transport` fails so that somebody looks.
 */
export function lazyWindow<Components> (muxer: (components: Components) => StreamMuxerFactory): (components: Components) => StreamMuxerFactory {
  return components => {
    const factory = muxer(components)
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const created = create(connection)
      lazyMuxer(created)
      return created
    }
    return factory
  }
}

/** Makes one muxer's streams grant room lazily; returns whether it had what that takes. */
export function lazyMuxer (muxer: StreamMuxer): boolean {
  if (!hasStreams(muxer)) return false
  const newStream = muxer._newStream.bind(muxer)
  muxer._newStream = (...args) => {
    const stream = newStream(...args)
    lazyStream(stream)
    return stream
  }
  return true
}

/** Makes one stream grant room lazily; returns whether it had what that takes. */
export function lazyStream (stream: Partial<WindowedStream>): boolean {
  if (!hasWindow(stream)) return false
  const grant = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    if (stream.state === ESTABLISHED && stream.recvWindowCapacity > stream.recvWindow / 2) return
    grant()
  }
  return true
}

function hasStreams (muxer: object): muxer is WindowedMuxer {
  return typeof (muxer as Partial<WindowedMuxer>)._newStream === 'function'
}

function hasWindow (stream: Partial<WindowedStream>): stream is WindowedStream {
  return typeof stream.state === 'number' && typeof stream.recvWindow === 'number' && typeof stream.recvWindowCapacity === 'number' &&
    typeof stream.sendWindowUpdate === 'function'
}
