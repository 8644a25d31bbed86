import type { Connection, Stream } from '@libp2p/interface'
import { TosError, toTosError } from '../errors/index.ts'
import type { FrameCodec, FrameStream } from '../frame/index.ts'
import { answerExchange, dialExchange } from './exchange.ts'
import type { ExchangeOptions } from './exchange.ts'
import type { HandshakeResult } from './handshake.ts'
import type { Hello } from './hello.ts'
import { LAST_EPOCH } from './rekey-limits.ts'
import type { RekeyLimits } from './rekey-limits.ts'
import type { SessionCrypto } from './session-crypto.ts'
import { Session } from './session.ts'
import type { SessionInfo } from './session.ts'

/** What all connections of one node share. */
export interface HeldDeps {
  readonly network: string
  readonly protocol: string
  readonly crypto: SessionCrypto
  readonly genesis: Uint8Array
  readonly hello: () => Hello
  readonly sign: (message: Uint8Array) => Uint8Array
  /** Our node id, and our peer id as multihash bytes. */
  readonly local: Uint8Array
  readonly localPeerId: Uint8Array
  readonly limits: RekeyLimits
  readonly timeoutMs: number
  readonly now: () => number
  readonly clock: () => number
  readonly schedule: (run: () => void, ms: number) => () => void
  readonly opened: (connection: Connection, info: SessionInfo) => void
  readonly refused: (connection: Connection, error: TosError) => void
}

/** How long after its streams a broken connection may end, ms. */
const LOST_GRACE_MS = 500

/**
 * One connection and its session: runs the handshake, and later ones for fresh keys, and lets streams wait meanwhile. The side that dialled
 * the connection begins every exchange.
 */
export class HeldConnection {
  readonly #connection: Connection
  readonly #deps: HeldDeps
  #session: Session | undefined
  /** The exchange under way, or the wait for one. */
  #pending: PromiseWithResolvers<void> | undefined
  #failure: TosError | undefined
  #frames: FrameStream | undefined
  #patience: (() => void) | undefined
  /** Calls off the refusal of a peer whose handshake broke off, should the connection turn out to be lost. */
  #ending: (() => void) | undefined
  #waiting = 0
  #refused = false
  /** The connection is gone: what ends with it is no offence. */
  #over = false

  constructor (connection: Connection, deps: HeldDeps) {
    this.#connection = connection
    this.#deps = deps
  }

  /** Streams that wait for keys. */
  get waiting (): number { return this.#waiting }
  /** Exchanges whose keys are held. */
  get epochs (): number { return this.#session?.held ?? 0 }

  info (): SessionInfo | undefined {
    return this.#session?.info()
  }

  /** Starts the first exchange, or the wait for the other side to start it. */
  begin (): void {
    const { remotePeer, direction } = this.#connection
    if (remotePeer.type !== 'Ed25519') { this.#failure = new TosError('NO_NODE_ID', `${remotePeer.toString()} is not an Ed25519 identity`); return }
    if (equal(this.#remote(), this.#deps.local)) { this.refuse(new TosError('DUPLICATE_NODE_ID', 'the peer claims our own node id')); return }
    this.#wait()
    if (direction === 'outbound') void this.#dial(0)
  }

  async ready (): Promise<SessionInfo> {
    if (this.#session === undefined) await this.#settled()
    return this.#live().info()
  }

  /** See `Sessions.codec`. A stream from the other side also waits for an exchange that is not yet finished here: it may use its keys. */
  codec (stream: Stream): FrameCodec | Promise<FrameCodec> {
    const opened = stream.direction === 'outbound'
    if (this.#session !== undefined && (opened || this.#pending === undefined)) return this.#session.codec(stream, opened)
    return this.#settled().then(() => this.#live().codec(stream, opened))
  }

  export (label: string, context: Uint8Array, length: number): Uint8Array {
    return this.#live().export(label, context, length)
  }

  rekey (): void {
    const { epoch } = this.#live()
    if (this.#connection.direction === 'inbound') throw new TosError('NO_SESSION', 'the side that dialled exchanges fresh keys')
    if (this.#pending !== undefined) return
    if (epoch === LAST_EPOCH) { this.refuse(new TosError('SESSION_EXHAUSTED', 'the last epoch is used up')); return }
    this.#wait()
    void this.#dial(epoch + 1)
  }

  /** Why no exchange of the other side can be answered now, if so. */
  unanswerable (): string | undefined {
    const { direction, remotePeer } = this.#connection
    if (remotePeer.type !== 'Ed25519') return 'the peer has no node id'
    if (direction === 'outbound') return 'only the side that dialled begins a session'
    if (this.#refused) return 'the connection was refused'
    if (this.#ending !== undefined) return 'the handshake broke off'
    if (this.#frames !== undefined) return 'a second handshake while one is under way'
    return this.#nextEpoch() > LAST_EPOCH ? 'the last epoch is used up' : undefined
  }

  /** The other side begins an exchange on `stream`; `done` is called when it is over, however it ended. */
  answer (stream: Stream, done: () => void): void {
    const epoch = this.#nextEpoch()
    const wrong = this.unanswerable()
    if (wrong !== undefined) {
      const error = new TosError('HANDSHAKE_FAILED', wrong)
      stream.abort(error)
      done()
      if (this.#connection.direction === 'inbound' && this.#connection.remotePeer.type === 'Ed25519') this.refuse(error)
      return
    }
    this.#failure = undefined
    this.#wait()
    this.#frames = answerExchange(this.#exchange(stream, epoch), {
      agreed: result => { done(); this.#frames = undefined; this.#agree(epoch, result) },
      failed: (error, brokenOff) => { done(); this.#fail(error, brokenOff) }
    })
  }

  /** Gives up on the connection, once. */
  refuse (error: TosError): void {
    if (this.#refused) return
    this.#refused = true
    this.#ending?.()
    this.#settle(error)
    this.#frames?.abort(error.code, error.message)
    this.#frames = undefined
    this.#deps.refused(this.#connection, error)
  }

  /** Forgets everything: the connection is gone, or the node stops. */
  close (error: TosError): void {
    this.#over = true
    this.#ending?.()
    this.#settle(error)
    this.#frames?.abort('STREAM_CLOSED', 'the connection closes')
    this.#frames = undefined
    this.#session?.close()
  }

  async #dial (epoch: number): Promise<void> {
    const connection = this.#connection
    const signal = AbortSignal.timeout(this.#deps.timeoutMs)
    try {
      const stream = await connection.newStream(this.#deps.protocol, { signal, runOnLimitedConnection: true })
      if (this.#refused || this.#over) { stream.abort(new TosError('NO_SESSION', 'the connection was given up meanwhile')); return }
      let result: HandshakeResult | undefined
      this.#frames = dialExchange(this.#exchange(stream, epoch), {
        agreed: agreed => {
          result = agreed
          if (epoch === 0) { this.#frames = undefined; this.#agree(epoch, agreed) }
        },
        // fresh keys are used once the listener is known to have them, so that no stream can overtake the last message
        confirmed: () => { if (epoch > 0 && result !== undefined) { this.#frames = undefined; this.#agree(epoch, result) } },
        failed: (error, brokenOff) => { this.#fail(error, brokenOff) }
      })
    } catch (cause) {
      if (this.#refused || this.#over) return
      if ((cause as Error).name === 'UnsupportedProtocolError' && epoch === 0) this.#settle(new TosError('NO_SESSION', 'a plain libp2p node: it speaks no TOS session', { cause }))
      else if (connection.status === 'open' && this.#pending !== undefined) this.#fail(toTosError(cause, 'HANDSHAKE_FAILED'), true)
      else this.#settle(new TosError('NO_SESSION', 'the connection closed before the handshake', { cause }))
    }
  }

  #fail (error: TosError, brokenOff: boolean): void {
    this.#frames = undefined
    if (this.#over || this.#refused) return
    // a lost connection ends its streams first, and is no offence: who is refused is not dialled again for a minute
    if (brokenOff) this.#ending = this.#deps.schedule(() => { this.refuse(error) }, LOST_GRACE_MS)
    else this.refuse(error)
  }

  #nextEpoch (): number {
    return this.#session === undefined ? 0 : this.#session.epoch + 1
  }

  #exchange (stream: Stream, epoch: number): ExchangeOptions {
    const { network, crypto, hello, sign, local, localPeerId, now } = this.#deps
    const { direction, remotePeer } = this.#connection
    const theirs = remotePeer.toMultihash().bytes
    const [dialler, listener] = direction === 'outbound' ? [localPeerId, theirs] : [theirs, localPeerId]
    return { stream, crypto, sign, local, now, hello: hello(), remote: this.#remote(), parties: { network, dialler, listener, epoch } }
  }

  #agree (epoch: number, { hello, keys }: HandshakeResult): void {
    if (!equal(hello.genesis, this.#deps.genesis)) { this.refuse(new TosError('GENESIS_MISMATCH', 'the peer’s chain begins with another block')); return }
    if (this.#session === undefined) this.#session = new Session(this.#sessionDeps(), hello, keys)
    else this.#session.install(epoch, hello, keys)
    this.#settle(undefined)
    this.#deps.opened(this.#connection, this.#session.info())
  }

  #sessionDeps (): ConstructorParameters<typeof Session>[0] {
    const { crypto, limits, clock, now, schedule, local } = this.#deps
    return {
      crypto, limits, clock, now, schedule, local,
      role: this.#connection.direction === 'outbound' ? 'dialler' : 'listener',
      remote: this.#remote(),
      rekeyDue: () => { this.rekey() },
      // not at once: the stream that met the forgery reports it before the connection takes all streams along
      broken: error => { queueMicrotask(() => { this.refuse(error) }) }
    }
  }

  #remote (): Uint8Array {
    const { remotePeer } = this.#connection
    return remotePeer.type === 'Ed25519' ? remotePeer.publicKey.raw : new Uint8Array(32)
  }

  #live (): Session {
    if (this.#session === undefined) throw this.#failure ?? new TosError('NO_SESSION', 'there is no session yet')
    return this.#session
  }

  async #settled (): Promise<void> {
    if (this.#pending === undefined) throw this.#failure ?? new TosError('NO_SESSION', 'there is no session')
    this.#waiting++
    try {
      await this.#pending.promise
    } finally {
      this.#waiting--
    }
  }

  /** Starts the wait for an exchange. One that runs already is not set anew, or a peer could keep streams waiting for ever. */
  #wait (): void {
    if (this.#pending !== undefined) return
    this.#pending = Promise.withResolvers<void>()
    // nobody has to listen
    this.#pending.promise.catch(() => {})
    this.#patience = this.#deps.schedule(() => { this.#lost() }, this.#deps.timeoutMs)
  }

  #lost (): void {
    const { timeoutMs } = this.#deps
    if (this.#connection.direction === 'outbound' || this.#frames !== undefined) this.refuse(new TosError('HANDSHAKE_TIMEOUT', `the handshake was not finished within ${timeoutMs} ms`))
    else this.#settle(new TosError('NO_SESSION', `the peer began no session within ${timeoutMs} ms`))
  }

  #settle (error: TosError | undefined): void {
    this.#patience?.()
    this.#patience = undefined
    this.#failure = error
    const pending = this.#pending
    this.#pending = undefined
    if (error === undefined) pending?.resolve()
    else pending?.reject(error)
  }
}

function equal (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
