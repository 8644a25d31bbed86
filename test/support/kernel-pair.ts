import { createKernel, defineProtocol, encodePayload, peerIdToNodeId } from '../../src/protocol/index.ts'
import type { BodyOptions, Kernel, KernelOptions, MessageType, ProtocolDefinition, ProtocolService, TosErrorCode } from '../../src/protocol/index.ts'
import { string, struct } from '../../src/wire/index.ts'
import { frame, NOW_MS } from './frames.ts'
import type { FrameParts } from './frames.ts'
import { createKernelNet } from './kernel-net.ts'
import type { FakeConnection, FakePeer, KernelNet } from './kernel-net.ts'
import { rawStream } from './raw-stream.ts'
import type { RawStream } from './raw-stream.ts'

export interface Text { readonly text: string }
export type TextProtocol = ProtocolDefinition<Text, Text>

export const ECHO_ID = '/test/echo/1.0.0'
export const OPEN_RATE = { count: 1e9, perMs: 1000 }

/** A text protocol; it echoes unless told otherwise. */
export function textProtocol (options: Partial<BodyOptions<Text, Text>> = {}): TextProtocol {
  const schema = struct({ text: string(1 << 20) })
  return defineProtocol<Text, Text>({
    id: ECHO_ID, types: { request: 0x8001, response: 0x8002 }, request: schema, response: schema, maxBytes: 1 << 20,
    limits: { perPeer: OPEN_RATE, timeoutMs: 5000 }, handle: ({ text }) => ({ text }), ...options
  })
}

/** One peer with a kernel and one mounted protocol. */
export interface Side<Req, Res> {
  readonly peer: FakePeer
  readonly kernel: Kernel
  readonly service: ProtocolService<Req, Res>
  /** How often `code` was reported. */
  count (code: TosErrorCode): number
}

export interface Pair<Req, Res> {
  readonly net: KernelNet
  readonly asker: Side<Req, Res>
  readonly server: Side<Req, Res>
  /** The clock of both kernels, monotonic ms. */
  readonly time: { ms: number }
  /** Sends one request from asker to server. */
  ask (request: Req, options?: { signal?: AbortSignal, timeoutMs?: number }): Promise<Res>
  stop (): Promise<void>
}

/** Two peers that run the same protocol; `asking` replaces the definition of the one that asks. */
export async function kernelPair<Req, Res> (definition: ProtocolDefinition<Req, Res>, { asking = definition, options = {} }: { asking?: ProtocolDefinition<Req, Res>, options?: Partial<KernelOptions> } = {}): Promise<Pair<Req, Res>> {
  const net = createKernelNet()
  const time = { ms: 0 }
  const side = async (definition: ProtocolDefinition<Req, Res>): Promise<Side<Req, Res>> => {
    const peer = await net.peer()
    const kernel = createKernel({ network: 'devnet', clock: () => time.ms, now: () => NOW_MS, ...options })
    const service = kernel.mount(definition)(peer.components)
    await service.start()
    return { peer, kernel, service, count: code => kernel.incidents.counts.get(code) ?? 0 }
  }
  const [asker, server] = [await side(asking), await side(definition)]
  return {
    net, asker, server, time,
    ask: (request, options) => asker.service.request(server.peer.peerId, request, options),
    async stop () {
      await asker.service.stop()
      await server.service.stop()
      net.close()
    }
  }
}

/** A peer without a kernel that opens `id` on a served one and writes by hand. */
export interface RawPeer {
  readonly peer: FakePeer
  readonly connection: FakeConnection
  /** Opens another stream. */
  open (): Promise<RawStream>
  /** A frame as this peer would send it, with parts replaced. */
  frame (parts: FrameParts): Uint8Array
  /** A whole message as this peer would send it. */
  message<T> (type: MessageType<T>, value: T): Uint8Array
}

export async function rawPeer (net: KernelNet, server: FakePeer, id = ECHO_ID): Promise<RawPeer> {
  const peer = await net.peer()
  const [connection] = net.connect(peer, server)
  const nodeId = peerIdToNodeId(peer.peerId)
  const made = (parts: FrameParts): Uint8Array => frame({ nodeId, ...parts })
  return {
    peer, connection, frame: made,
    open: async () => rawStream(await connection.newStream(id)),
    message: (type, value) => made({ type: type.code, payload: encodePayload(type, value) })
  }
}
