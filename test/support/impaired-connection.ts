import type { AbortOptions, MultiaddrConnection } from '@libp2p/interface'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { SendResult } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import { createDelayPipe } from './delay-pipe.ts'
import type { DelayPipe, PathOptions } from './delay-pipe.ts'

/** Bytes under way in one direction before its sender has to wait. */
export const WINDOW_BYTES = 256 * 1024

/** A connection whose bytes travel over a bad path, both ways. */
export interface ImpairedConnection extends MultiaddrConnection {
  /** Nothing arrives any more, in either direction, and nobody is told. */
  stall (): void
}

/** Puts `path` between `inner` and its user. What is sent arrives whole and in order, or the connection breaks. */
export function impairConnection (inner: MultiaddrConnection, path: PathOptions): ImpairedConnection {
  return new Impaired(inner, path)
}

class Impaired extends AbstractMultiaddrConnection implements ImpairedConnection {
  readonly #inner: MultiaddrConnection
  readonly #out: DelayPipe
  readonly #in: DelayPipe
  #stalled = false
  #choked = false

  constructor (inner: MultiaddrConnection, path: PathOptions) {
    super({ remoteAddr: inner.remoteAddr, direction: inner.direction, log: inner.log })
    this.#inner = inner
    this.#out = createDelayPipe(path, data => { this.#forward(data) })
    this.#in = createDelayPipe(path, data => { this.#receive(data) })
    inner.addEventListener('message', ({ data }) => {
      this.#in.push(data instanceof Uint8Array ? new Uint8ArrayList(data) : data)
      if (this.#in.bytes <= WINDOW_BYTES || this.#choked || inner.status !== 'open') return
      this.#choked = true
      inner.pause()
    })
    inner.addEventListener('drain', () => {
      if (!this.#stalled) this.#out.release()
    })
    // the news of the end travels behind the last byte
    inner.addEventListener('close', ({ error }) => { this.#in.end(() => { this.onTransportClosed(error) }) })
    this.addEventListener('close', () => {
      this.#in.stop()
      this.#out.stop()
    })
  }

  stall (): void {
    this.#stalled = true
    this.#in.hold()
    this.#out.hold()
  }

  sendData (data: Uint8ArrayList): SendResult {
    this.#out.push(data)
    return { sentBytes: data.byteLength, canSendMore: this.#out.bytes < WINDOW_BYTES }
  }

  async sendClose (options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const giveUp = (): void => { reject(options?.signal?.reason as Error) }
    options?.signal?.addEventListener('abort', giveUp, { once: true })
    this.addEventListener('close', () => { resolve() }, { once: true })
    this.#out.end(resolve)
    try {
      await promise
      await this.#inner.close(options)
    } finally {
      options?.signal?.removeEventListener('abort', giveUp)
    }
  }

  sendReset (error: Error): void { this.#inner.abort(error) }

  sendPause (): void { this.#in.hold() }

  sendResume (): void {
    if (!this.#stalled) this.#in.release()
  }

  #forward (data: Uint8ArrayList): void {
    if (this.#inner.status !== 'open') return
    if (!this.#inner.send(data)) this.#out.hold()
    if (this.writableNeedsDrain && this.#out.bytes < WINDOW_BYTES) this.safeDispatchEvent('drain')
  }

  #receive (data: Uint8ArrayList): void {
    this.onData(data)
    if (!this.#choked || this.#in.bytes > WINDOW_BYTES / 2 || this.#inner.status !== 'open') return
    this.#choked = false
    this.#inner.resume()
  }
}
