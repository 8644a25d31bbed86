import { once } from 'node:events'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Ed25519PrivateKey, Libp2p, PrivateKey, Stream } from '@libp2p/interface'
import { plaintext } from '@libp2p/plaintext'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { createKernel, defineProtocol, sealedCarriers } from '../../src/protocol/index.ts'
import type { Kernel, ProtocolDefinition, ProtocolService } from '../../src/protocol/index.ts'
import { createSessions } from '../../src/secure/index.ts'
import type { SessionService, SessionsOptions } from '../../src/secure/index.ts'
import type { TosError } from '../../src/errors/index.ts'
import { string, struct } from '../../src/wire/index.ts'
import { frame } from './frames.ts'
import type { FrameParts } from './frames.ts'
import { GOOD_HELLO } from './handshake-pair.ts'
import { rawStream } from './raw-stream.ts'
import type { RawStream } from './raw-stream.ts'

/** A text protocol that echoes, sealed. */
export interface Text { readonly text: string }
export const SESSION_ID = '/tos/devnet/session/1.0.0'
export const ECHO_ID = '/tos/devnet/echo/1.0.0'
const schema = struct({ text: string(4096) })
export const echo: ProtocolDefinition<Text, Text> = defineProtocol<Text, Text>({
  id: '/tos/{net}/echo/1.0.0', types: { request: 0x8001, response: 0x8002 }, request: schema, response: schema,
  limits: { perPeer: { count: 1e9, perMs: 1000 }, timeoutMs: 5000 }, handle: request => request
})

/** A libp2p node with sessions and the echo, over plaintext: a tap sees exactly what the sessions make. */
export interface SealedNode {
  readonly node: Libp2p<{ session: SessionService, echo: ProtocolService<Text, Text> }>
  readonly kernel: Kernel
  /** Codes of refused connections, in order. */
  readonly refused: string[]
  /** The echo of a peer. */
  ask (peer: { node: Libp2p }, text: string): Promise<string>
  /** Lets the time-outs run out that are set now. */
  expire (): void
  /** Resolves with the code of the next refusal. */
  nextRefusal (): Promise<string>
  /** The one connection there is. */
  connection (): Connection
}

const HOST = { addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionMonitor: { enabled: false } }

export interface SealedNet {
  sealed (options?: Partial<SessionsOptions>, privateKey?: PrivateKey): Promise<SealedNode>
  /** A libp2p node that knows nothing of TOS; tests act through it by hand. */
  plain (privateKey?: PrivateKey): Promise<{ node: Libp2p }>
  stop (): Promise<void>
}

/** `noisy`: with noise below the sessions, to meet a whole node; without, a tap sees what the sessions make. */
export function createSealedNet ({ connections = 100, noisy = false }: { connections?: number, noisy?: boolean } = {}): SealedNet {
  const nodes: Libp2p[] = []
  const common = () => ({
    ...HOST, streamMuxers: [yamux()], connectionEncrypters: noisy ? [noise()] : [plaintext()],
    connectionManager: { maxConnections: connections * 2, maxIncomingPendingConnections: connections, inboundConnectionThreshold: connections * 2 }
  })
  return {
    stop: async () => { await Promise.all(nodes.map(node => node.stop())) },
    async plain (privateKey) {
      const node = await createLibp2p({ ...common(), privateKey: privateKey ?? await generateKeyPair('Ed25519') })
      nodes.push(node)
      return { node }
    },
    async sealed (options = {}, privateKey) {
      const refused: string[] = []
      const listeners = new Set<(code: string) => void>()
      const timers = new Set<() => void>()
      const sessions = createSessions({
        network: 'devnet', genesis: GOOD_HELLO.genesis, hello: () => GOOD_HELLO,
        schedule (run, ms) {
          // how long a broken connection may take to end is the system's time, not the test's
          if (ms < 1000) { const timer = setTimeout(run, ms); return () => { clearTimeout(timer) } }
          timers.add(run)
          return () => { timers.delete(run) }
        },
        ...options,
        refused (connection, error: TosError) {
          refused.push(error.code)
          for (const listener of listeners) listener(error.code)
          if (options.refused === undefined) connection.abort(error)
          else options.refused(connection, error)
        }
      })
      const kernel = createKernel({ network: 'devnet', carriers: sealedCarriers(sessions, options.now ?? Date.now), ...(options.now === undefined ? {} : { now: options.now }) })
      const node = await createLibp2p({ ...common(), privateKey: privateKey ?? await generateKeyPair('Ed25519'), services: { session: sessions.service, echo: kernel.mount(echo) } }) as unknown as SealedNode['node']
      nodes.push(node)
      return {
        node, kernel, refused,
        ask: async ({ node: { peerId } }, text) => (await node.services.echo.request(peerId, { text })).text,
        expire: () => { for (const run of Array.from(timers)) { timers.delete(run); run() } },
        nextRefusal: () => new Promise(resolve => { const listener = (code: string): void => { listeners.delete(listener); resolve(code) }; listeners.add(listener) }),
        connection: () => node.getConnections()[0] as Connection
      }
    }
  }
}

export const dial = async (from: { node: Libp2p }, to: { node: Libp2p }): Promise<Connection> => from.node.dial(to.node.getMultiaddrs(), { force: true })

/** Resolves when the connection is gone. */
export async function gone (connection: Connection): Promise<void> {
  if (connection.status !== 'closed' && connection.status !== 'aborted') await once(connection as unknown as EventTarget, 'close')
}

/** A session stream by hand. */
export interface HandStream extends RawStream {
  /** Writes one frame with our node id and the time of now, unless told otherwise. */
  frame (parts: FrameParts): void
}

/** Opens `id` on a connection as its owner `from`, and writes there by hand. */
export async function openByHand (connection: Connection, from: { node: Libp2p }, id = SESSION_ID): Promise<HandStream> {
  return byHand(await connection.newStream(id), from)
}

export function byHand (stream: Stream, { node }: { node: Libp2p }): HandStream {
  const raw = rawStream(stream)
  const nodeId = node.peerId.publicKey?.raw.subarray(-32) as Uint8Array
  return {
    ...raw,
    frame (parts) {
      // the other side may have reset it already, which is what many tests want to see
      if (stream.writeStatus === 'writable') raw.write(frame({ nodeId, timestamp: BigInt(Math.floor(Date.now() / 1000)), ...parts }))
    }
  }
}

/** The seed behind an identity. */
export const seedOf = (key: PrivateKey): Uint8Array => (key as Ed25519PrivateKey).raw.subarray(0, 32)
