import type { Connection, Logger, Stream } from '@libp2p/interface'
import { TosError, toTosError } from '../errors/index.ts'
import { FrameStream } from '../frame/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import { awaitCodec } from './await-codec.ts'
import type { Carrier } from './carriers.ts'
import type { Handler, ProtocolDefinition } from './definition.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'
import { ERROR, safeText, wireCode } from './error-message.ts'
import { InboundStream } from './inbound-stream.ts'
import { isQuietEnd } from './incidents.ts'
import { writePayload } from './message.ts'
import { PeerLimits } from './peer-limits.ts'

/** Longest a peer may take to hear why it is refused, ms. */
const LAST_WORD_MS = 500

/** The answering side of one protocol: registers its ids and owns every inbound stream. */
export class Responder<Req, Res> {
  readonly #definition: ProtocolDefinition<Req, Res>
  readonly #handle: Handler<Req, Res>
  readonly #components: ProtocolComponents
  readonly #environment: KernelEnvironment
  readonly #limits: PeerLimits
  readonly #streams: Set<InboundStream<Req, Res>> = new Set()
  readonly #log: Logger
  /** Streams whose session is still being set up. libp2p counts them among the open ones, so they are bounded with them. */
  #waiting = 0
  #stopping = new AbortController()

  constructor (definition: ProtocolDefinition<Req, Res>, handle: Handler<Req, Res>, components: ProtocolComponents, environment: KernelEnvironment) {
    this.#definition = definition
    this.#handle = handle
    this.#components = components
    this.#environment = environment
    this.#limits = new PeerLimits(definition.limits.perPeer)
    this.#log = components.logger.forComponent(`tos:${definition.id}`)
  }

  async start (): Promise<void> {
    const { carriers, streamsPerProtocol } = this.#environment
    if (this.#stopping.signal.aborted) this.#stopping = new AbortController()
    for (const carrier of carriers(this.#definition.id)) {
      await this.#components.registrar.handle(carrier.id, (stream, connection) => this.#accept(carrier, stream, connection), {
        maxInboundStreams: streamsPerProtocol, maxOutboundStreams: streamsPerProtocol, runOnLimitedConnection: this.#definition.overRelay
      })
    }
  }

  async stop (): Promise<void> {
    this.#stopping.abort(new TosError('ABORTED', 'the node stops'))
    for (const { frames } of this.#streams) frames.abort('STREAM_CLOSED', 'the node stops')
    for (const carrier of this.#environment.carriers(this.#definition.id)) await this.#components.registrar.unhandle(carrier.id)
  }

  dump (): Record<string, number> {
    let running = 0
    for (const stream of this.#streams) running += stream.running
    return { inbound: this.#streams.size, waiting: this.#waiting, running, limiters: this.#limits.size }
  }

  // never rejects: an unhandled rejection in a stream handler would end the process
  async #accept (carrier: Carrier, stream: Stream, connection: Connection): Promise<void> {
    try {
      const codec = carrier.codec(stream, connection, this.#components.peerId)
      this.#serve(stream, connection, codec instanceof Promise ? await this.#wait(codec, stream) : codec)
    } catch (error) {
      const coded = toTosError(error)
      if (!isQuietEnd(coded)) this.#environment.report(connection, this.#definition.id, coded)
      const codec = coded.code === 'NO_NODE_ID' ? carrier.lastWord?.(this.#components.peerId) : undefined
      if (codec === undefined) stream.abort(coded)
      else tellWhy(stream, codec)
    }
  }

  async #wait (codec: Promise<FrameCodec>, stream: Stream): Promise<FrameCodec> {
    this.#waiting++
    try {
      return await awaitCodec(codec, stream, this.#stopping.signal)
    } finally {
      this.#waiting--
    }
  }

  #serve (stream: Stream, connection: Connection, codec: FrameCodec): void {
    if (this.#stopping.signal.aborted) throw new TosError('UNAVAILABLE', 'the node stops')
    const { clock, watch, report } = this.#environment
    const inbound = new InboundStream({
      definition: this.#definition,
      handle: this.#handle,
      log: this.#log,
      limiter: this.#limits.of(connection.remotePeer.toString()),
      clock,
      incident: error => { report(connection, this.#definition.id, error) },
      closed: closed => { this.#streams.delete(closed); watch.delete(closed.frames) }
    }, stream, connection, codec)
    this.#streams.add(inbound)
    watch.add(inbound.frames, true, clock())
  }
}

/** Says that TOS is spoken with Ed25519 identities only, and ends the stream; what the peer says on it is not read. */
function tellWhy (stream: Stream, codec: FrameCodec): void {
  const reason = new TosError('NOT_AUTHORISED', 'your peer id is no Ed25519 key, so it has no TOS node id')
  const ignored = (): void => {}
  const timer = setTimeout(() => { stream.abort(reason) }, LAST_WORD_MS)
  const frames = new FrameStream(stream, codec, { type: () => undefined, message: ignored, dropped: ignored, ended: ignored, closed: () => { clearTimeout(timer) } })
  frames.write(ERROR, writer => { writePayload(ERROR, { requestId: 0n, code: wireCode(reason.code), text: safeText(reason) }, writer) })
  frames.finish()
}
