import type { Connection } from '@libp2p/interface'
import { TosError } from '../errors/index.ts'
import type { ProtocolDefinition } from './definition.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'
import { HandlerContext } from './handler-context.ts'
import { isQuietEnd } from './incidents.ts'
import { Lane } from './lane.ts'
import { openStream } from './open-lane.ts'
import { PeerLimits } from './peer-limits.ts'
import { SharedOpenings } from './shared-openings.ts'

/** Every outbound stream of one protocol: one lane per peer that all requests share, and lanes of their own for streamed answers. */
export class LanePool<Req, Res> {
  readonly #definition: ProtocolDefinition<Req, Res>
  readonly #components: ProtocolComponents
  readonly #environment: KernelEnvironment
  readonly #lanes: Set<Lane<Req, Res>> = new Set()
  readonly #shared: Map<string, Lane<Req, Res>> = new Map()
  readonly #openings: SharedOpenings<Lane<Req, Res>> = new SharedOpenings()
  /** What peers may say unasked. */
  readonly #unasked: PeerLimits

  constructor (definition: ProtocolDefinition<Req, Res>, components: ProtocolComponents, environment: KernelEnvironment) {
    this.#definition = definition
    this.#components = components
    this.#environment = environment
    this.#unasked = new PeerLimits(definition.limits.perPeer)
  }

  /** The shared lane of a peer, if there is one that still takes requests. */
  existing (peer: string): Lane<Req, Res> | undefined {
    const lane = this.#shared.get(peer)
    if (lane?.frames.stale === true) this.#retire(peer, lane)
    else if (lane?.frames.writable === true) return lane
    return undefined
  }

  /** The shared lane of the peer at the other end, opened when there is none. Throws as `openStream` does. */
  async shared (connection: Connection, signal: AbortSignal): Promise<Lane<Req, Res>> {
    const peer = connection.remotePeer.toString()
    return this.existing(peer) ?? this.#openings.open(peer, signal, async abandoned => {
      const lane: Lane<Req, Res> = await this.#open(connection, abandoned, () => { this.#retire(peer, lane) })
      this.#shared.set(peer, lane)
      return lane
    })
  }

  /** A lane for the caller alone, who ends it: it is not replaced when it grows stale. Throws as `openStream` does. */
  own (connection: Connection, signal: AbortSignal): Promise<Lane<Req, Res>> {
    return this.#open(connection, signal)
  }

  /** The old lane stays until its answers are there; the next request opens another. */
  #retire (peer: string, lane: Lane<Req, Res>): void {
    if (this.#shared.get(peer) === lane) this.#shared.delete(peer)
    lane.retire()
  }

  async #open (connection: Connection, signal: AbortSignal, retire?: () => void): Promise<Lane<Req, Res>> {
    const { report, watch, clock } = this.#environment
    const { stream, codec } = await openStream(this.#components, this.#environment, this.#definition, connection, signal)
    const incident = (error: TosError): void => { report(connection, this.#definition.id, error) }
    const peer = connection.remotePeer.toString()
    const lane: Lane<Req, Res> = new Lane(this.#definition, stream, connection, codec, {
      incident,
      unsolicited: value => this.#takeUnasked(connection, value),
      closed: error => {
        this.#lanes.delete(lane)
        watch.delete(lane.frames)
        if (this.#shared.get(peer) === lane) this.#shared.delete(peer)
        if (error !== undefined && !isQuietEnd(error)) incident(error)
      }
    })
    this.#lanes.add(lane)
    watch.add(lane.frames, false, clock(), retire)
    return lane
  }

  /** Ends every lane; requests under way fail with `STREAM_CLOSED`. */
  stop (): void {
    for (const { frames } of this.#lanes) frames.abort('STREAM_CLOSED', 'the node stops')
  }

  dump (): Record<string, number> {
    let pending = 0
    for (const lane of this.#lanes) pending += lane.pending
    return { lanes: this.#lanes.size, opening: this.#openings.size, pending, unasked: this.#unasked.size }
  }

  #takeUnasked (connection: Connection, value: Res): boolean {
    const { unsolicited, limits: { perPeer } } = this.#definition
    if (unsolicited === undefined) return false
    if (!this.#unasked.of(connection.remotePeer.toString()).take(this.#environment.clock())) {
      throw new TosError('RATE_LIMITED', `more than ${perPeer.count} unasked messages in ${perPeer.perMs} ms`)
    }
    unsolicited(value, new HandlerContext(connection, this.#components.logger.forComponent(`tos:${this.#definition.id}`)))
    return true
  }
}
