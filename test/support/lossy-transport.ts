import { setTimeout as wait } from 'node:timers/promises'
import { transportSymbol } from '@libp2p/interface'
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Libp2pOptions } from 'libp2p'
import { systemClock } from '../../src/chain/clock.ts'
import { retransmissionMs } from './delay-pipe.ts'
import { impairConnection } from './impaired-connection.ts'

type TransportFactory = NonNullable<Libp2pOptions['transports']>[number]

/** How bad the links are. */
export interface LossyOptions {
  /** 0 ≤ r < 1, seeded by the test. */
  readonly random: () => number
  /** Chance that a segment of ~1,400 bytes is lost, default 0.05. */
  readonly loss?: number
  /** One way, least and most, ms; drawn for each connection. Default 20..80. */
  readonly delayMs?: readonly [number, number]
  /** Mean life of a connection, ms; default: they live on. */
  readonly lifeMs?: number
  /** A dying connection falls silent for up to this long before it is reset, ms, default 0. */
  readonly silenceMs?: number
}

/** TCP over bad links, for one node. */
export interface LossyTransport {
  readonly transport: TransportFactory
  /** Pulls the plug: every socket is reset, and no new one comes about. */
  cut (): void
  /** Connections open, timers of their deaths included, and how many died. */
  readonly counts: { readonly open: number, readonly died: number }
}

/**
 * TCP whose connections lose 5 % of their segments: on a byte stream that is delay, and waiting behind the lost one. A connection is
 * impaired where it is dialled, in both directions, so nodes that all dial through this are joined by bad links only.
 */
export function createLossyTransport ({ random, loss = 0.05, delayMs: [least, most] = [20, 80], lifeMs = Infinity, silenceMs = 0 }: LossyOptions): LossyTransport {
  const open = new Set<MultiaddrConnection>()
  let isCut = false
  let died = 0

  const track = <T extends MultiaddrConnection> (connection: T): T => {
    open.add(connection)
    connection.addEventListener('close', () => { open.delete(connection) }, { once: true })
    if (isCut) connection.abort(new Error('the plug was pulled'))
    return connection
  }
  const impaired = (inner: MultiaddrConnection, delayMs: number): MultiaddrConnection => {
    const connection = track(impairConnection(inner, { clock: systemClock, random, loss, delayMs }))
    if (lifeMs === Infinity) return connection
    let timer = setTimeout(() => {
      died++
      connection.stall()
      timer = setTimeout(() => { connection.abort(new Error('connection reset by the path')) }, random() * silenceMs)
    }, -Math.log(1 - random()) * lifeMs)
    connection.addEventListener('close', () => { clearTimeout(timer) }, { once: true })
    return connection
  }
  const via = (upgrader: Upgrader, changes: Partial<Upgrader>): Upgrader => ({
    upgradeInbound: (connection, options) => upgrader.upgradeInbound(connection, options),
    upgradeOutbound: (connection, options) => upgrader.upgradeOutbound(connection, options),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters(),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
    createInboundAbortSignal: signal => upgrader.createInboundAbortSignal(signal),
    ...changes
  })

  return {
    transport: components => {
      const inner = tcp()(components) as Transport
      return {
        [transportSymbol]: true,
        [Symbol.toStringTag]: 'lossy tcp',
        listenFilter: addresses => inner.listenFilter(addresses),
        dialFilter: addresses => inner.dialFilter(addresses),
        createListener: options => inner.createListener({
          ...options,
          upgrader: via(options.upgrader, { upgradeInbound: (connection, rest) => options.upgrader.upgradeInbound(track(connection), rest) })
        }),
        async dial (address, options) {
          const delayMs = least + random() * (most - least)
          // SYN and its answer
          await wait(2 * delayMs + retransmissionMs(random, loss), undefined, { signal: options.signal })
          const { upgrader } = options
          return inner.dial(address, {
            ...options,
            upgrader: via(upgrader, { upgradeOutbound: (connection, rest) => upgrader.upgradeOutbound(impaired(connection, delayMs), rest) })
          })
        }
      }
    },
    cut () {
      isCut = true
      for (const connection of open) connection.abort(new Error('the plug was pulled'))
    },
    get counts () { return { open: open.size, died } }
  }
}
