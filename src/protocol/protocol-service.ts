import { TosError } from '../errors/index.ts'
import type { ProtocolDefinition } from './definition.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'
import type { Target } from './open-lane.ts'
import { Requester } from './requester.ts'
import type { RequestOptions } from './requester.ts'
import { Responder } from './responder.ts'

/** A mounted protocol: a libp2p service that asks peers, and answers them when the definition has a handler. */
export interface ProtocolService<Req, Res> {
  readonly definition: ProtocolDefinition<Req, Res>
  /**
   * Sends a request to a peer id or an address and waits for the response.
   * Throws `NOT_STARTED`, `TIMEOUT`, `ABORTED`, `PEER_UNREACHABLE`, `PROTOCOL_UNSUPPORTED`, `RATE_LIMITED`, `BUSY`, `STREAM_CLOSED`, a wire code for a
   * request that cannot be encoded, or the code the peer answered (`details.remote`).
   */
  request (target: Target, request: Req, options?: RequestOptions): Promise<Res>
  /** Sends a request and yields every response of a handler that is an async generator. Throws as `request` does. */
  stream (target: Target, request: Req, options?: RequestOptions): AsyncIterable<Res>
  /** Sends a message that expects no answer (id 0). */
  notify (target: Target, request: Req, options?: RequestOptions): Promise<void>
  start (): Promise<void>
  stop (): Promise<void>
  /** Sizes of everything held, by name. */
  dump (): Record<string, number>
}

/** Wires one definition to libp2p. `retain` and `release` keep the kernel's one timer alive while any protocol runs. */
export function createProtocolService<Req, Res> (
  definition: ProtocolDefinition<Req, Res>, components: ProtocolComponents, environment: KernelEnvironment, timer: { retain (): void, release (): void }
): ProtocolService<Req, Res> {
  const { handle } = definition
  const responder = handle === undefined ? undefined : new Responder(definition, handle, components, environment)
  let requester = new Requester(definition, components, environment)
  let running = false
  const ready = (): Requester<Req, Res> => {
    if (!running) throw new TosError('NOT_STARTED', `${definition.id} is not running`)
    return requester
  }
  return {
    definition,
    request: async (target, request, options) => ready().request(target, request, options),
    stream: (target, request, options) => ready().stream(target, request, options),
    notify: async (target, request, options) => ready().notify(target, request, options),
    dump: () => ({ ...requester.dump(), ...responder?.dump() }),
    async start () {
      if (running) return
      running = true
      timer.retain()
      await responder?.start()
    },
    async stop () {
      if (!running) return
      running = false
      requester.stop()
      // a stopped libp2p may be started again
      requester = new Requester(definition, components, environment)
      timer.release()
      await responder?.stop()
    }
  }
}
