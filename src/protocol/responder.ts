import type { Connection, Stream } from '@libp2p/interface'
import { toTosError } from '../errors/index.ts'
import type { TosError } from '../errors/index.ts'
import type { Carrier } from './carriers.ts'
import { CorruptionGuard } from './corruption-guard.ts'
import type { Handler, ProtocolDefinition } from './definition.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'
import { InboundStream } from './inbound-stream.ts'
import { PeerLimits } from './peer-limits.ts'

/** The answering side of one protocol: registers its ids and owns every inbound stream. */
export class Responder<Req, Res> {
  readonly #definition: ProtocolDefinition<Req, Res>
  readonly #handle: Handler<Req, Res>
  readonly #components: ProtocolComponents
  readonly #environment: KernelEnvironment
  readonly #limits: PeerLimits
  readonly #streams: Set<InboundStream<Req, Res>> = new Set()
  readonly #corruption: CorruptionGuard

  constructor (definition: ProtocolDefinition<Req, Res>, handle: Handler<Req, Res>, components: ProtocolComponents, environment: KernelEnvironment) {
    this.#definition = definition
    this.#handle = handle
    this.#components = components
    this.#environment = environment
    this.#limits = new PeerLimits(definition.limits.perPeer)
    this.#corruption = new CorruptionGuard(environment.clock)
  }

  async start (): Promise<void> {
    const { carriers, streamsPerProtocol } = this.#environment
    for (const carrier of carriers(this.#definition.id)) {
      await this.#components.registrar.handle(carrier.id, (stream, connection) => this.#accept(carrier, stream, connection), {
        maxInboundStreams: streamsPerProtocol, maxOutboundStreams: streamsPerProtocol
      })
    }
  }

  async stop (): Promise<void> {
    for (const carrier of this.#environment.carriers(this.#definition.id)) await this.#components.registrar.unhandle(carrier.id)
    for (const { frames } of this.#streams) frames.abort('STREAM_CLOSED', 'the node stops')
  }

  dump (): Record<string, number> {
    let running = 0
    for (const stream of this.#streams) running += stream.running
    return { inbound: this.#streams.size, running, limiters: this.#limits.size }
  }

  // never rejects: an unhandled rejection in a stream handler would end the process
  async #accept (carrier: Carrier, stream: Stream, connection: Connection): Promise<void> {
    try {
      const codec = carrier.codec(stream, connection, this.#components.peerId)
      this.#serve(stream, connection, codec instanceof Promise ? await codec : codec)
    } catch (error) {
      const coded = toTosError(error)
      this.#report(connection, coded)
      stream.abort(coded)
    }
  }

  #serve (stream: Stream, connection: Connection, codec: Awaited<ReturnType<Carrier['codec']>>): void {
    const { clock, watch } = this.#environment
    const inbound = new InboundStream({
      definition: this.#definition,
      handle: this.#handle,
      limiter: this.#limits.of(connection.remotePeer.toString()),
      clock,
      incident: error => { this.#report(connection, error) },
      closed: closed => { this.#streams.delete(closed); watch.delete(closed.frames) }
    }, stream, connection, codec)
    this.#streams.add(inbound)
    watch.add(inbound.frames, true, clock())
  }

  #report (connection: Connection, error: TosError): void {
    this.#environment.incidents.report({ code: error.code, peer: connection.remotePeer.toString(), protocol: this.#definition.id, error })
    if (error.code === 'CORRUPT_MESSAGE' && this.#corruption.strike(connection)) connection.abort(error)
  }
}
