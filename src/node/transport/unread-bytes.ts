import type { StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'

/** What of a muxed stream decides whether bytes may still be read; none of it is in the published types. */
interface ReadableStream {
  status: string
  readStatus: string
  remoteWriteStatus: string
  unshift: (data: never) => void
}

interface StreamSource {
  _newStream: (...args: never[]) => ReadableStream
}

/**
 * Lets a stream be read to its end when all of it came along with the agreement on its protocol. Some peers send agreement, answer and end in
 * one write (smoldot's identify does, and resets behind it); the library has closed the readable side by the time it hands back
 * what it read too far, refuses that, and the answer is lost (@libp2p/utils 7.4). Where the members are missing the muxer stays as it is.
 */
export function keepUnread<Components> (muxer: (components: Components) => StreamMuxerFactory): (components: Components) => StreamMuxerFactory {
  return components => {
    const factory = muxer(components)
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const created = create(connection)
      if (hasStreams(created)) keepOnEach(created)
      return created
    }
    return factory
  }
}

function keepOnEach (muxer: StreamSource): void {
  const newStream = muxer._newStream.bind(muxer)
  muxer._newStream = (...args) => {
    const stream = newStream(...args)
    const unshift = stream.unshift.bind(stream)
    stream.unshift = data => {
      // closed by the remote's end, not by us: it closes again once these are read
      if (stream.readStatus === 'closed' && stream.remoteWriteStatus === 'closed' && stream.status !== 'aborted') stream.readStatus = 'readable'
      unshift(data)
    }
    return stream
  }
}

function hasStreams (muxer: StreamMuxer): muxer is StreamMuxer & StreamSource {
  return typeof (muxer as Partial<StreamSource>)._newStream === 'function'
}
