import type { Connection, Stream } from '@libp2p/interface'
import { TosError, toTosError } from '../errors/index.ts'
import { FrameStream } from '../frame/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import { awaitCodec } from './await-codec.ts'
import type { Carrier } from './carriers.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'
import { handlerError } from './handler-error.ts'
import { isQuietEnd } from './incidents.ts'
import { decodePayload } from './message.ts'
import type { MessageType } from './message.ts'
import { connect, openStream } from './open-lane.ts'
import type { Target } from './open-lane.ts'
import { PeerLimits, SENDER_BURST } from './peer-limits.ts'
import type { StreamDefinition, Typed } from './stream-definition.ts'
import { RenewingSender } from './stream-sender.ts'
import type { StreamSender } from './stream-sender.ts'

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
  let waiting = 0
  let stopping: AbortController | undefined

  const tooMany = (): TosError => new TosError('RATE_LIMITED', `more than ${limits.perPeer.count} in ${limits.perPeer.perMs} ms`)
  const running = (): AbortController => {
    if (stopping === undefined) throw new TosError('NOT_STARTED', `${id} is not running`)
    return stopping
  }
  const deadline = (signal?: AbortSignal): AbortSignal => {
    const signals = [AbortSignal.timeout(Math.ceil(limits.openTimeoutMs)), running().signal]
    return AbortSignal.any(signal === undefined ? signals : [...signals, signal])
  }

  const add = (stream: Stream, connection: Connection, codec: FrameCodec, inbound: boolean, retire?: () => void): FrameStream => {
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
        if (error !== undefined && !isQuietEnd(error)) report(error)
      }
    })
    streams.add(frames)
    watch.add(frames, inbound, clock(), retire)
    return frames
  }

  const wait = async (codec: Promise<FrameCodec>, stream: Stream): Promise<FrameCodec> => {
    waiting++
    try {
      return await awaitCodec(codec, stream, running().signal)
    } finally {
      waiting--
    }
  }

  const accept = async (carrier: Carrier, stream: Stream, connection: Connection): Promise<void> => {
    try {
      const codec = carrier.codec(stream, connection, components.peerId)
      const ready = codec instanceof Promise ? await wait(codec, stream) : codec
      running()
      add(stream, connection, ready, true)
    } catch (error) {
      const coded = toTosError(error)
      if (!isQuietEnd(coded)) environment.report(connection, id, coded)
      stream.abort(coded)
    }
  }

  return {
    async open (target, { signal } = {}) {
      const until = deadline(signal)
      const connection = await connect(components, target, until)
      const budget = sent.of(connection.remotePeer.toString())
      const out = async (until: AbortSignal): Promise<FrameStream> => {
        const { stream, codec } = await openStream(components, environment, definition, connection, until)
        return add(stream, connection, codec, false, () => { sender.retire() })
      }
      const sender: RenewingSender<Out> = new RenewingSender(await out(until), {
        charge: () => { if (!budget.take(clock())) throw tooMany() },
        connected: () => connection.status === 'open',
        reopen: async () => out(deadline()),
        lost: error => { if (!isQuietEnd(error)) environment.report(connection, id, error) }
      })
      return sender
    },
    dump: () => ({ streams: streams.size, waiting, budgets: received.size + sent.size }),
    async start () {
      if (stopping !== undefined) return
      stopping = new AbortController()
      timer.retain()
      if (handle === undefined) return
      for (const carrier of carriers(id)) {
        await components.registrar.handle(carrier.id, (stream, connection) => accept(carrier, stream, connection), { maxInboundStreams: streamsPerProtocol, maxOutboundStreams: streamsPerProtocol, runOnLimitedConnection: definition.overRelay === true })
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
