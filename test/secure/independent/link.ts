import type { Connection, Stream } from '@libp2p/interface'
import { equalBytes } from '@noble/curves/utils.js'
import { framesOf } from './frame.ts'
import type { Header } from './frame.ts'
import type { Agreed } from './handshake.ts'
import type { Hello } from './messages.ts'
import { openFrame, sealFrame } from './record.ts'
import type { Place, Privacy } from './record.ts'

/** One stream of a session: sealed frames both ways, in order. */
export interface SealedStream {
  readonly stream: Stream
  send (type: number, payload: Uint8Array, privacy: Privacy): void
  /** Throws when the stream ends, or when a frame is not the one that must come now. */
  next (): Promise<{ readonly type: number, readonly plain: Uint8Array, readonly place: Place }>
}

/** The keys of one exchange, put to use. */
export interface Link {
  readonly connection: Connection
  readonly hello: Hello
  /** Opens a stream under the next number of ours. */
  open (protocol: string): Promise<SealedStream>
  /** Takes a stream that the other side opened. */
  accept (stream: Stream): SealedStream
}

/** What a link is made of; `dialled` tells which side of the connection we are. */
export interface LinkParts {
  readonly connection: Connection
  readonly remote: Uint8Array
  readonly hello: Hello
  readonly agreed: Agreed
  readonly dialled: boolean
  readonly epoch: number
  headerFor (type: number): Header
}

export function createLink ({ connection, remote, hello, agreed, dialled, epoch, headerFor }: LinkParts): Link {
  const [out, back] = dialled ? [agreed.c2s, agreed.s2c] : [agreed.s2c, agreed.c2s]
  let free = dialled ? 1 : 2

  function sealed (stream: Stream, given?: number): SealedStream {
    const frames = framesOf(stream)
    let number = given
    let sent = 0n
    let received = 0n
    return {
      stream,
      send (type, payload, privacy) {
        if (number === undefined) throw new Error('the opener speaks first')
        stream.send(sealFrame(out, { epoch, stream: number, counter: sent++ }, headerFor(type), payload, privacy))
      },
      async next () {
        const { value: frame } = await frames.next()
        if (frame === undefined) throw new Error('the stream ended')
        const { place, plain } = openFrame(back, frame)
        // the first frame of a stream that the other side opened names it: odd when that side dialled
        if (number === undefined && (place.stream % 2 === 1) === dialled) throw new Error('a number of ours')
        number ??= place.stream
        if (place.epoch !== epoch || place.stream !== number || place.counter !== received++) throw new Error('out of order')
        if (!equalBytes(frame.nodeId, remote)) throw new Error('another sender')
        return { type: frame.type, plain, place }
      }
    }
  }

  return {
    connection,
    hello,
    accept: stream => sealed(stream),
    async open (protocol) {
      const number = free
      free += 2
      return sealed(await connection.newStream(protocol), number)
    }
  }
}
