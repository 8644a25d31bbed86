import type { Stream } from '@libp2p/interface'
import { base64, bytes, number, text } from './control-peer.ts'
import type { Commands, ControlPeer, Emit } from './control-peer.ts'
import { listen, writeAll } from './stream-io.ts'

/** serve, reply: protocols whose streams the test answers itself. */
export function serveCommands ({ node }: ControlPeer, emit: Emit): Commands {
  const streams = new Map<number, Stream>()
  let last = 0
  return {
    async serve (args) {
      const protocol = text(args, 'protocol')
      await node.handle(protocol, (stream, connection) => {
        const id = ++last
        streams.set(id, stream)
        let over = false
        const end = (how: 'eof' | 'reset'): void => {
          if (over) return
          over = true
          emit({ event: 'end', stream: id, how })
        }
        emit({ event: 'stream', stream: id, protocol, peer: connection.remotePeer.toString() })
        listen(stream, {
          data: piece => { emit({ event: 'data', stream: id, data: base64(piece) }) },
          end: () => { end('eof') },
          close (error) {
            streams.delete(id)
            end(error === undefined ? 'eof' : 'reset')
          }
        })
      }, { maxInboundStreams: 256, maxOutboundStreams: 256, runOnLimitedConnection: true })
      return {}
    },
    async reply (args) {
      const stream = streams.get(number(args, 'stream'))
      if (stream === undefined) throw new Error('that stream is over')
      const how = text({ how: 'keep', ...args }, 'how')
      await writeAll(stream, [bytes(args, 'data')])
      if (how === 'half-close') await stream.close()
      else if (how === 'reset') stream.abort(new Error('reset on purpose'))
      return {}
    }
  }
}
