import type { Connection, Stream } from '@libp2p/interface'
import { TosError, toTosError } from '../errors/index.ts'
import { FrameStream } from '../frame/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import type { Carrier } from './carriers.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'
import { handlerError } from './handler-error.ts'
import { decodePayload, writePayload } from './message.ts'
import type { MessageType } from './message.ts'
import { connect, openStream } from './open-lane.ts'
import type { Target } from './open-lane.ts'
import { PeerLimits, SENDER_BURST } from './peer-limits.ts'
import type { StreamDefinition, Typed } from './stream-definition.ts'

/** Sends on a stream that was opened with `StreamService.open`. */
export interface StreamSender<Out> {
  /** Throws `RATE_LIMITED` above the definition's own limit, `STREAM_CLOSED`, `BUSY` or a wire code. */
  send<T extends Out> (type: MessageType<T>, value: T): void
  /** Resolves when less than 1 MiB is unsent. */
  drained (signal?: AbortSignal): Promise<void>
  /** Ends the stream once everything is sent; resolves when the other side has ended it too, or it broke. */
  close (): Promise<void>
}

/** A mounted stream protocol. */
export interface StreamService<Out> {
  /** Opens a stream to a peer. Throws `NOT_STARTED`, `PEER_UNREACHABLE`, `PROTOCOL_UNSUPPORTED`, `BUSY`, `TIMEOUT` or `ABORTED`. */
  open (target: Target, options?: { readonly signal?: AbortSignal }): Promise<StreamSender<Out>>
  start (): Promise<void>
  stop (): Promise<void>
  dump (): Record<string, number>
}

/** Wires a stream definition to libp2p. */
export function createStreamService<In, Out> (
  definition: StreamDefinition<In, Out>, components: ProtocolComponents, environment: KernelEnvironment, timer: { retain (): void, release (): void }
): StreamService<Out> {
  const { id, messages, limits, handle } = definition
  const { clock, watch, carriers, streamsPerProtocol } = environment
  const log = components.logger.forComponent(`tos:${id}`)
  const streams = new Set<FrameStream>()
  const received = new PeerLimits(limits.perPeer)
  const sent = new PeerLimits(limits.perPeer, SENDER_BURST)
  let stopping: AbortController | undefined

  const tooMany = (): TosError => new TosError('RATE_LIMITED', `more than ${limits.perPeer.count} in ${limits.perPeer.perMs} ms`)
  const running = (): AbortController => {
    if (stopping === undefined) throw new TosError('NOT_STARTED', `${id} is not running`)
    return stopping
  }

  const add = (stream: Stream, connection: Connection, codec: FrameCodec, inbound: boolean): FrameStream => {
    const peer = connection.remotePeer.toString()
    const report = (error: TosError): void => { environment.report(connection, id, error) }
    const receive = async (type: number, payload: Uint8Array): Promise<void> => {
      if (!inbound || handle === undefined) throw new TosError('INVALID_MESSAGE', 'only the opener sends on this stream')
      if (!received.of(peer).take(clock())) throw tooMany()
      const message = messages.find(({ code }) => code === type) as MessageType<In & Out>
      const typed: Typed<In> = { type: message as MessageType<In>, value: decodePayload(message, payload, frames.padding) }
      const done = handle(typed, { peer: connection.remotePeer, connection, log })
      if (done === undefined) return
      frames.pause()
      await done.finally(() => { frames.resume() })
    }
    const frames = new FrameStream(stream, codec, {
      type: wanted => messages.find(({ code }) => code === wanted),
      message: (type, payload) => {
        receive(type, payload).catch((error: unknown) => {
          const coded = handlerError(error)
          if (coded.code === 'HANDLER_FAILED') log.error('handler failed - %e', error)
          report(coded)
        })
      },
      dropped: report,
      ended: () => { frames.finish() },
      closed: error => {
        streams.delete(frames)
        watch.delete(frames)
        if (error !== undefined && error.code !== 'STREAM_CLOSED' && error.code !== 'ABORTED') report(error)
      }
    })
    streams.add(frames)
    watch.add(frames, inbound, clock())
    return frames
  }

  const accept = async (carrier: Carrier, stream: Stream, connection: Connection): Promise<void> => {
    try {
      const codec = await carrier.codec(stream, connection, components.peerId)
      running()
      add(stream, connection, codec, true)
    } catch (error) {
      const coded = toTosError(error)
      environment.report(connection, id, coded)
      stream.abort(coded)
    }
  }

  return {
    async open (target, { signal } = {}) {
      const signals = [AbortSignal.timeout(Math.ceil(limits.openTimeoutMs)), running().signal]
      const deadline = AbortSignal.any(signal === undefined ? signals : [...signals, signal])
      const connection = await connect(components, target, deadline)
      const { stream, codec } = await openStream(components, environment, id, connection, deadline)
      const frames = add(stream, connection, codec, false)
      const budget = sent.of(connection.remotePeer.toString())
      return {
        send (type, value) {
          if (!budget.take(clock())) throw tooMany()
          frames.write(type, writer => { writePayload(type, value, writer) })
        },
        drained: signal => frames.drained(signal),
        close () {
          frames.finish()
          return frames.closed
        }
      }
    },
    dump: () => ({ streams: streams.size, budgets: received.size + sent.size }),
    async start () {
      if (stopping !== undefined) return
      stopping = new AbortController()
      timer.retain()
      if (handle === undefined) return
      for (const carrier of carriers(id)) {
        await components.registrar.handle(carrier.id, (stream, connection) => accept(carrier, stream, connection), { maxInboundStreams: streamsPerProtocol, maxOutboundStreams: streamsPerProtocol })
      }
    },
    async stop () {
      if (stopping === undefined) return
      stopping.abort(new TosError('ABORTED', 'the node stops'))
      stopping = undefined
      for (const frames of streams) frames.abort('STREAM_CLOSED', 'the node stops')
      timer.release()
      if (handle !== undefined) for (const carrier of carriers(id)) await components.registrar.unhandle(carrier.id)
    }
  }
}
