import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { HEADER_BYTES, HEADER_OFFSET } from '../../src/frame/index.ts'

/** What a wire tap between two nodes recorded: every byte, by direction, of each TCP connection. */
export interface Tap {
  /** Where to dial instead of `target`. */
  readonly address: Multiaddr
  readonly connections: ReadonlyArray<{ readonly toListener: Buffer[], readonly toDialler: Buffer[] }>
  close (): Promise<void>
}

/** Changes bytes on their way; must keep their number. */
export type Meddler = (bytes: Buffer, direction: 'toListener' | 'toDialler') => Buffer

/** A TCP proxy on loopback that records what passes through it to `target`, and may change it. */
export async function tap (target: Multiaddr, meddle: Meddler = bytes => bytes): Promise<Tap> {
  const [, , , port] = target.toString().split('/').slice(1)
  const connections: Array<{ toListener: Buffer[], toDialler: Buffer[] }> = []
  const sockets = new Set<Socket>()
  const server = createServer(near => {
    const far = connect(Number(port), '127.0.0.1')
    const recorded = { toListener: [] as Buffer[], toDialler: [] as Buffer[] }
    connections.push(recorded)
    const pass = (from: Socket, to: Socket, direction: 'toListener' | 'toDialler'): void => {
      sockets.add(from)
      from.on('data', bytes => { const sent = meddle(bytes, direction); recorded[direction].push(sent); to.write(sent) })
      from.on('close', () => { sockets.delete(from); to.destroy() })
      from.on('error', () => { to.destroy() })
    }
    pass(near, far, 'toListener')
    pass(far, near, 'toDialler')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    connections,
    address: multiaddr(`/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`),
    async close () {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    }
  }
}

/** One TOS frame of a recording. */
export interface TappedFrame {
  readonly protocol: string
  /** Yamux stream id. */
  readonly stream: number
  readonly type: number
  readonly header: Buffer
  readonly checksum: string
  readonly body: Buffer
}

const MUXER = Buffer.from('/yamux/1.0.0\n')
const MAGIC = Buffer.from('TOSN')

/** All TOS frames that went in one direction, read out of plaintext, yamux and multistream. `ids` names the streams whose id was only said on the other side. */
export function framesOf (recorded: readonly Buffer[], ids: Map<number, string> = new Map()): TappedFrame[] {
  const wire = Buffer.concat(recorded)
  const frames: TappedFrame[] = []
  for (const [stream, bytes] of yamuxStreams(wire.subarray(wire.indexOf(MUXER) + MUXER.length))) {
    let at = 0
    // multistream lines: a varint of one byte up to 127, then text that ends in a line feed
    while (at < bytes.length && !bytes.subarray(at, at + 4).equals(MAGIC) && bytes[at + (bytes[at] as number)] === 0x0a) {
      const line = bytes.subarray(at + 1, at + (bytes[at] as number)).toString()
      if (line.startsWith('/') && !line.startsWith('/multistream/')) ids.set(stream, line)
      at += 1 + (bytes[at] as number)
    }
    const protocol = ids.get(stream) ?? '?'
    while (bytes.subarray(at, at + 4).equals(MAGIC) && bytes.length >= at + HEADER_BYTES) {
      const end = at + HEADER_BYTES + bytes.readUInt32LE(at + HEADER_OFFSET.length)
      const header = bytes.subarray(at, at + HEADER_BYTES)
      frames.push({
        protocol, stream, header,
        type: header.readUInt16LE(HEADER_OFFSET.type),
        checksum: header.subarray(HEADER_OFFSET.checksum, HEADER_OFFSET.timestamp).toString('hex'),
        body: bytes.subarray(at + HEADER_BYTES, end)
      })
      at = end
    }
  }
  return frames
}

/** Data of each stream: yamux headers are version, type, flags u16, stream u32 and length u32, big-endian. */
function yamuxStreams (wire: Buffer): Map<number, Buffer> {
  const chunks = new Map<number, Buffer[]>()
  for (let at = 0; at + 12 <= wire.length;) {
    const [type, stream, length] = [wire[at + 1], wire.readUInt32BE(at + 4), wire.readUInt32BE(at + 8)]
    at += 12
    if (type !== 0) continue
    chunks.set(stream, [...chunks.get(stream) ?? [], wire.subarray(at, at + length)])
    at += length
  }
  return new Map([...chunks].map(([stream, parts]) => [stream, Buffer.concat(parts)]))
}
