import { TosError } from '../errors/index.ts'
import type { FrameStream } from '../frame/index.ts'
import type { Pending } from './lane.ts'
import { aborted } from './aborted.ts'

/** Responses that may wait for a slow reader before the stream is paused. */
const MAX_QUEUED = 16

/** Turns the responses of one request into an async iterable. The stream pauses while the reader is behind; silence times out. */
export class ResponseQueue<Res> implements Pending<Res>, AsyncIterable<Res> {
  readonly #frames: FrameStream
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined
  readonly #values: Res[] = []
  #ended = false
  #error: TosError | undefined
  #wake: (() => void) | undefined

  constructor (frames: FrameStream, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#frames = frames
    this.#timeoutMs = timeoutMs
    this.#signal = signal
    signal?.addEventListener('abort', this.#cancel)
  }

  /** True once the last response was taken. */
  get complete (): boolean { return this.#ended && this.#error === undefined }

  response (value: Res, more: boolean): void {
    this.#values.push(value)
    if (!more) this.#ended = true
    else if (this.#values.length >= MAX_QUEUED) this.#frames.pause()
    this.#wake?.()
  }

  failed (error: TosError): void {
    this.#error ??= error
    this.#ended = true
    this.#wake?.()
  }

  stop (): void {
    this.#signal?.removeEventListener('abort', this.#cancel)
  }

  async * [Symbol.asyncIterator] (): AsyncGenerator<Res, void, undefined> {
    while (true) {
      if (this.#values.length > 0) {
        const value = this.#values.shift() as Res
        if (this.#values.length === 0) this.#frames.resume()
        yield value
      } else if (this.#error !== undefined) throw this.#error
      else if (this.#ended) return
      else await this.#next()
    }
  }

  async #next (): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(() => { this.failed(new TosError('TIMEOUT', `no further response within ${this.#timeoutMs} ms`)) }, this.#timeoutMs)
    this.#wake = resolve
    await promise
    clearTimeout(timer)
    this.#wake = undefined
  }

  readonly #cancel = (): void => { this.failed(aborted(this.#signal as AbortSignal)) }
}
