import { TosError } from '../errors/index.ts'
import type { TosErrorCode } from '../errors/index.ts'
import { checksumMatches, writeChecksum } from './checksum.ts'
import type { FrameCodec } from './frame-codec.ts'
import { encodeHeader, HEADER_BYTES, HEADER_OFFSET } from './header.ts'

/** Largest accepted difference between a frame's time and ours, seconds (WIRE.md §2). */
export const MAX_CLOCK_SKEW_S = 300

/** Who speaks on the stream, and the time. */
export interface PlainCodecOptions {
  /** Node id that our frames carry, 32 bytes. */
  readonly local: Uint8Array
  /** Node id that the other side's frames must carry, 32 bytes. */
  readonly remote: Uint8Array
  /** Unix milliseconds. */
  readonly now: () => number
}

const NOTHING_FATAL: ReadonlySet<TosErrorCode> = new Set()

/** The plain twin of a sealed channel: header and checksum, payload in the clear, byte for byte the specification's frame. */
export function createPlainCodec ({ local, remote, now }: PlainCodecOptions): FrameCodec {
  const template = encodeHeader({ type: 0, payloadLength: 0, checksum: 0n, timestamp: 0n, nodeId: local })
  return {
    padding: 'none',
    fatal: NOTHING_FATAL,
    stale: false,
    batchFrames: Number.POSITIVE_INFINITY,
    wireCap: type => type.maxBytes,
    begin (writer) {
      const start = writer.reserve(HEADER_BYTES)
      writer.bytes.set(template, start)
      return start
    },
    finish (writer, start, type) {
      const body = start + HEADER_BYTES
      const { bytes, view } = writer
      view.setUint16(start + HEADER_OFFSET.type, type.code, true)
      view.setUint32(start + HEADER_OFFSET.length, writer.length - body, true)
      writeChecksum(bytes.subarray(body, writer.length), bytes, start + HEADER_OFFSET.checksum)
      writeSeconds(view, start + HEADER_OFFSET.timestamp, Math.floor(now() / 1000))
    },
    open (header, body) {
      if (!checksumMatches(body, header, HEADER_OFFSET.checksum)) throw new TosError('CORRUPT_MESSAGE', 'the checksum does not match the payload')
      for (let i = 0; i < 32; i++) {
        if (header[HEADER_OFFSET.nodeId + i] !== remote[i]) throw new TosError('WRONG_NODE_ID', 'node_id is not the key that authenticated the connection')
      }
      const skewSeconds = Math.abs(readSeconds(header, HEADER_OFFSET.timestamp) - Math.floor(now() / 1000))
      if (skewSeconds > MAX_CLOCK_SKEW_S) throw new TosError('CLOCK_SKEW', `frame time is ${skewSeconds} s off`, { details: { skewSeconds } })
      return body
    }
  }
}

function writeSeconds (view: DataView, at: number, seconds: number): void {
  view.setUint32(at, seconds >>> 0, true)
  view.setUint32(at + 4, Math.floor(seconds / 0x1_0000_0000), true)
}

// a number is exact far beyond any plausible time, and cheaper than a bigint on every frame
function readSeconds (bytes: Uint8Array, at: number): number {
  let seconds = 0
  for (let i = 7; i >= 0; i--) seconds = seconds * 256 + (bytes[at + i] as number)
  return seconds
}
