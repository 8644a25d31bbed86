import type { Connection, Ed25519PrivateKey, Libp2pEvents, PeerId, PrivateKey, Startable, Stream, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import { TosError } from '../errors/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import type { Hello } from './hello.ts'
import { REKEY_LIMITS } from './rekey-limits.ts'
import type { RekeyLimits } from './rekey-limits.ts'
import type { SessionCrypto } from './session-crypto.ts'
import { HeldConnection } from './held-connection.ts'
import type { HeldDeps } from './held-connection.ts'
import type { SessionInfo } from './session.ts'

/** The parts of libp2p that sessions use. */
export interface SessionComponents {
  readonly peerId: PeerId
  readonly privateKey: PrivateKey
  readonly registrar: Registrar
  readonly connectionManager: ConnectionManager
  readonly events: TypedEventTarget<Libp2pEvents>
}

/** Options of `createSessionsOn`. */
export interface SessionsOnOptions {
  /** Network name, part of the protocol id and of what is signed. */
  readonly network: string
  /** Hash of the first block, 32 bytes; peers with another one are refused with `GENESIS_MISMATCH`. */
  readonly genesis: Uint8Array
  /** What we say of ourselves at the moment. */
  readonly hello: () => Omit<Hello, 'genesis'>
  /** The primitives: `createNodeCrypto()` or, in browsers, `createNobleCrypto()`. */
  readonly crypto: SessionCrypto
  /** When fresh keys are due. */
  readonly rekey?: Partial<RekeyLimits>
  /** Longest a handshake may take, and a sealed stream may wait for one; default 5,000 ms. */
  readonly timeoutMs?: number
  /** Handshakes of inbound connections under way at once; one more sheds the oldest. Default 128. */
  readonly maxHandshakes?: number
  /** A session began, or got fresh keys. */
  readonly opened?: (connection: Connection, info: SessionInfo) => void
  /** Hangs up because of `error`; default: `connection.abort(error)`. */
  readonly refused?: (connection: Connection, error: TosError) => void
  /** Unix ms. */
  readonly now?: () => number
  /** Monotonic ms. */
  readonly clock?: () => number
  /** Runs something after `ms`, returns what calls it off. Default: an unreferenced `setTimeout`. */
  readonly schedule?: (run: () => void, ms: number) => () => void
}

/** The mounted service. */
export interface SessionService extends Startable {
  /** The session with a peer or on a connection, if there is one. */
  of (target: PeerId | Connection): SessionInfo | undefined
  /** Waits for the session of a connection. Throws `NO_SESSION`, `HANDSHAKE_TIMEOUT`, or why it failed. */
  ready (connection: Connection): Promise<SessionInfo>
  /** Starts an exchange of fresh keys now; only the side that dialled can. Throws `NO_SESSION`. */
  rekey (connection: Connection): void
  /**
   * A key of `length` bytes that both ends of this connection derive for `label` and `context`, and nobody else (in the manner of RFC 8446 §7.5).
   * Throws `NO_SESSION`.
   */
  export (connection: Connection, label: string, context: Uint8Array, length: number): Uint8Array
  dump (): Record<string, number>
}

/** The sealed sessions of one node. Hand it to `sealedCarriers`, and its `service` to libp2p. */
export interface Sessions {
  /** `createLibp2p({ services: { session: sessions.service } })`. */
  readonly service: (components: SessionComponents) => SessionService
  /**
   * The codec of a stream; waits while a handshake is under way.
   * Throws `NO_SESSION` (a plain libp2p node), `HANDSHAKE_TIMEOUT`, or why the handshake failed.
   */
  codec (stream: Stream, connection: Connection): FrameCodec | Promise<FrameCodec>
}

/** Id of the stream that sets a session up. */
export const sessionProtocol = (network: string): string => `/tos/${network}/session/1.0.0`

/**
 * Hybrid post-quantum sessions for `createLibp2p`: the dialler of each connection opens `/tos/<net>/session/1.0.0` and runs X25519 + ML-KEM-768
 * under Ed25519 signatures (WIRE.md §6). Peers that do not speak it stay connected and get no sealed stream.
 */
export function createSessionsOn (options: SessionsOnOptions): Sessions {
  let running: RunningSessions | undefined
  const { maxHandshakes = 128 } = options
  return {
    service: components => {
      running = new RunningSessions(components, heldDeps(options, components), sessionProtocol(options.network), maxHandshakes)
      return running
    },
    codec: (stream, connection) => {
      if (running === undefined) throw new TosError('NOT_STARTED', 'sessions are not a service of a libp2p node yet')
      return running.codec(stream, connection)
    }
  }
}

class RunningSessions implements SessionService {
  readonly [Symbol.toStringTag] = 'tos-session'
  readonly #components: SessionComponents
  readonly #deps: HeldDeps
  readonly #protocol: string
  readonly #maxHandshakes: number
  readonly #held: Map<Connection, HeldConnection> = new Map()
  /** Inbound handshakes under way, oldest first. */
  readonly #answering: Set<HeldConnection> = new Set()

  constructor (components: SessionComponents, deps: HeldDeps, protocol: string, maxHandshakes: number) {
    this.#components = components
    this.#deps = deps
    this.#protocol = protocol
    this.#maxHandshakes = maxHandshakes
  }

  async start (): Promise<void> {
    const { registrar, connectionManager, events } = this.#components
    await registrar.handle(this.#protocol, (stream, connection) => { this.#answer(stream, connection) }, { maxInboundStreams: 2, maxOutboundStreams: 2, runOnLimitedConnection: true })
    events.addEventListener('connection:open', this.#opened)
    events.addEventListener('connection:close', this.#closed)
    for (const connection of connectionManager.getConnections()) this.#hold(connection)
  }

  async stop (): Promise<void> {
    const { registrar, events } = this.#components
    events.removeEventListener('connection:open', this.#opened)
    events.removeEventListener('connection:close', this.#closed)
    for (const held of this.#held.values()) held.close(new TosError('ABORTED', 'the node stops'))
    this.#held.clear()
    this.#answering.clear()
    await registrar.unhandle(this.#protocol)
  }

  codec (stream: Stream, connection: Connection): FrameCodec | Promise<FrameCodec> {
    return this.#hold(connection).codec(stream)
  }

  of (target: PeerId | Connection): SessionInfo | undefined {
    if ('remotePeer' in target) return this.#held.get(target)?.info()
    for (const [connection, held] of this.#held) {
      if (!connection.remotePeer.equals(target)) continue
      const info = held.info()
      if (info !== undefined) return info
    }
    return undefined
  }

  async ready (connection: Connection): Promise<SessionInfo> {
    return this.#hold(connection).ready()
  }

  rekey (connection: Connection): void {
    this.#hold(connection).rekey()
  }

  export (connection: Connection, label: string, context: Uint8Array, length: number): Uint8Array {
    return this.#hold(connection).export(label, context, length)
  }

  dump (): Record<string, number> {
    let [sessions, epochs, waiting] = [0, 0, 0]
    for (const held of this.#held.values()) {
      if (held.info() !== undefined) sessions++
      epochs += held.epochs
      waiting += held.waiting
    }
    return { connections: this.#held.size, sessions, epochs, waiting, answering: this.#answering.size }
  }

  readonly #opened = ({ detail }: CustomEvent<Connection>): void => { this.#hold(detail) }

  readonly #closed = ({ detail }: CustomEvent<Connection>): void => {
    this.#held.get(detail)?.close(new TosError('STREAM_CLOSED', 'the connection closed'))
    this.#held.delete(detail)
  }

  /** What is known of a connection; the first look at one we dialled starts its handshake. */
  #hold (connection: Connection): HeldConnection {
    const known = this.#held.get(connection)
    if (known !== undefined) return known
    if (connection.status !== 'open') throw new TosError('NO_SESSION', 'the connection is closed')
    const held = new HeldConnection(connection, this.#deps)
    this.#held.set(connection, held)
    held.begin()
    return held
  }

  #answer (stream: Stream, connection: Connection): void {
    const held = this.#hold(connection)
    // what cannot be a handshake takes no honest one's place
    if (held.unanswerable() !== undefined) { held.answer(stream, () => {}); return }
    if (this.#answering.size >= this.#maxHandshakes) {
      const [oldest] = this.#answering
      oldest?.refuse(new TosError('BUSY', `more than ${this.#maxHandshakes} handshakes are under way`))
      if (oldest !== undefined) this.#answering.delete(oldest)
    }
    this.#answering.add(held)
    held.answer(stream, () => { this.#answering.delete(held) })
  }
}

function heldDeps ({ network, genesis, hello, opened, refused, rekey, timeoutMs = 5000, now = Date.now, ...given }: SessionsOnOptions, { peerId, privateKey }: SessionComponents): HeldDeps {
  if (privateKey.type !== 'Ed25519') throw new TosError('NO_NODE_ID', `sessions need an Ed25519 identity, this node has ${privateKey.type}`)
  const { crypto, clock = () => performance.now(), schedule = unreferenced } = given
  return {
    network, crypto, timeoutMs, now, clock, schedule,
    genesis,
    hello: () => ({ ...hello(), genesis }),
    limits: { ...REKEY_LIMITS, ...rekey },
    local: (privateKey as Ed25519PrivateKey).publicKey.raw,
    localPeerId: peerId.toMultihash().bytes,
    sign: crypto.signer((privateKey as Ed25519PrivateKey).raw.subarray(0, 32)),
    protocol: sessionProtocol(network),
    opened: opened ?? (() => {}),
    refused: refused ?? ((connection, error) => { connection.abort(error) })
  }
}

function unreferenced (run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms)
  // browsers have nothing to keep alive, and no such method
  timer.unref?.()
  return () => { clearTimeout(timer) }
}
