import type { ComponentLogger, ConnectionProtector, MessageStream } from '@libp2p/interface'
import type { Socket } from 'node:net'

/**
 * Small pieces leave before the tick ends once they are this many bytes: the other side begins while we go on. Large ones (bulk) are
 * held to the end of the tick, where one `writev` takes them all.
 */
const EARLY_BYTES = 2 * 1024
const SMALL_PIECE_BYTES = 32 * 1024

/** The part of a TCP connection of libp2p that carries bytes to the socket; none of it is in the published types. */
interface SocketConnection {
  socket: Pick<Socket, 'cork' | 'uncork'>
  sendData: (data: { readonly byteLength: number }) => unknown
}

/** Makes a connection protector, as libp2p takes it. */
export type ProtectorFactory = (components: { readonly logger: ComponentLogger }) => ConnectionProtector

/**
 * A connection protector that adds no protection of its own: it corks each TCP socket until the end of the tick, below `inner` (a private
 * network's cipher) where there is one.
 *
 * libp2p writes every buffer of an encrypted frame by itself, one system call each (26 for a request on a new stream).
 * Corked, all that a tick produces leaves in one `writev`. The protector hook is the one public place that sees each raw
 * connection before the handshake. The members it needs are untyped: where they are missing the connection passes
 * through untouched, and `test/node-transport` fails so that somebody looks.
 */
export function corkPerTick (inner?: ProtectorFactory): ProtectorFactory {
  return components => {
    const protector = inner?.(components)
    return {
      async protect (connection, options) {
        // The same connection goes back: the hook's type narrows what the upgrader passes in, not what it accepts.
        corkConnection(connection)
        return protector === undefined ? connection : await protector.protect(connection, options)
      }
    }
  }
}

/** Corks one raw connection per tick; returns whether the connection had what that takes. */
export function corkConnection (connection: MessageStream): boolean {
  if (!hasSocket(connection)) return false
  const { socket } = connection
  const send = connection.sendData.bind(connection)
  let corked = false
  let held = 0

  function uncork (): void {
    if (!corked) return
    corked = false
    held = 0
    socket.uncork()
  }

  connection.sendData = data => {
    if (!corked) {
      corked = true
      socket.cork()
      process.nextTick(uncork)
    }
    held += data.byteLength
    const sent = send(data)
    if (held >= EARLY_BYTES && data.byteLength < SMALL_PIECE_BYTES) uncork()
    return sent
  }
  return true
}

function hasSocket (connection: object): connection is SocketConnection {
  const candidate = connection as Partial<SocketConnection>
  return typeof candidate.sendData === 'function' && typeof candidate.socket?.cork === 'function' && typeof candidate.socket.uncork === 'function'
}
