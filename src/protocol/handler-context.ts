import type { Connection, Logger, PeerId } from '@libp2p/interface'
import type { RequestContext } from './definition.ts'

/** What a handler gets. The abort signal is made only when a handler asks for it: most answer at once and never do. */
export class HandlerContext implements RequestContext {
  readonly connection: Connection
  /** Named after the protocol, so that its lines can be chosen: `--log-components tos:/acme/hello/1.0.0=debug`. */
  readonly log: Logger
  #controller: AbortController | undefined
  #reason: unknown

  constructor (connection: Connection, log: Logger) {
    this.connection = connection
    this.log = log
  }

  get peer (): PeerId { return this.connection.remotePeer }

  get signal (): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Aborts the signal, now or when it is first asked for. */
  abort (reason: unknown): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }
}
