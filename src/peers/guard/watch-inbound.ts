import type { Connection, Stream, StreamHandler } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

/** Told of what peers open and send on streams of their own. Answers whether it may go on. */
export interface InboundWatch {
  /** A stream has been opened and agreed on its protocol. False: it is not handed on. */
  stream (connection: Connection, stream: Stream): boolean
  /** Bytes have come on it. */
  bytes (connection: Connection, stream: Stream, count: number): void
}

/**
 * Puts `watch` before every handler of a watched protocol of a libp2p node, those registered already and those to come. Only public calls are used:
 * the registrar's `handle`, and on a stream `addEventListener`. (libp2p's own middleware runs handlers more than once in v3.)
 */
export function watchInbound (registrar: Registrar, isWatched: (protocol: string) => boolean, watch: InboundWatch): void {
  const handle = registrar.handle.bind(registrar)
  const watched = (handler: StreamHandler): StreamHandler => (stream, connection) => {
    if (!watch.stream(connection, stream)) return
    countMessages(stream, count => { watch.bytes(connection, stream, count) })
    return handler(stream, connection)
  }
  registrar.handle = (protocol, handler, options) => handle(protocol, isWatched(protocol) ? watched(handler) : handler, options)
}

/**
 * Counts from the moment the handler itself listens. A listener of our own before that would make the stream hand out its first
 * bytes to nobody else.
 */
function countMessages (stream: Stream, count: (bytes: number) => void): void {
  const listen = stream.addEventListener.bind(stream)
  let counting = false
  stream.addEventListener = (type: string, ...rest: unknown[]) => {
    if (type === 'message' && !counting) {
      counting = true
      listen('message', ({ data }) => { count(data.byteLength) })
    }
    return (listen as (...args: unknown[]) => void)(type, ...rest)
  }
}
