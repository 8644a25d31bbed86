import { TosError } from '../errors/index.ts'
import type { TosErrorCode } from '../errors/index.ts'
import { checksumMatches, encodeHeader, HEADER_BYTES, HEADER_OFFSET, MAX_CLOCK_SKEW_S, writeChecksum } from '../frame/index.ts'
import type { FrameCodec, PrivacyLevel } from '../frame/index.ts'
import type { Epoch } from './epoch.ts'
import { FrameCounter } from './frame-counter.ts'
import { paddedSize } from './padding.ts'
import { NONCE_BYTES, TAG_BYTES } from './session-crypto.ts'

/** What a sealed frame adds to its padded payload, bytes. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES

/** After one of these nothing of the connection can be trusted: it is closed. */
const FATAL: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['CORRUPT_MESSAGE', 'SEAL_BROKEN', 'FRAME_REPLAYED'])

/** With 64 requests in flight this is a third faster than one write for all: sealing one batch overlaps with opening the one before. */
const BATCH_FRAMES = 16

/** What a sealed stream needs of its session. */
export interface SealedStreamHost {
  /** The keys new streams begin with. */
  current (): Epoch
  /** The keys of an epoch that is not yet erased. */
  epoch (number: number): Epoch | undefined
  /** A frame of `bytes` was sealed or opened. */
  used (epoch: Epoch, bytes: number): void
  /** The stream runs on this epoch from now on. */
  joined (epoch: Epoch): void
  /** A frame was forged, damaged or repeated: the connection must close. */
  broken (error: TosError): void
}

/** Options of `createSealedCodec`. */
export interface SealedCodecOptions {
  readonly host: SealedStreamHost
  /** True for the side that opened the stream: it draws the stream number. */
  readonly opened: boolean
  /** Node ids of both ends, 32 bytes. */
  readonly local: Uint8Array
  readonly remote: Uint8Array
  /** Unix milliseconds. */
  readonly now: () => number
  /** Counter of the first frame of each direction, default 0; tests only. */
  readonly firstCounter?: bigint
}

/**
 * Frames of one stream, sealed: header ‖ nonce[12] ‖ ChaCha20-Poly1305(payload ‖ zero padding) ‖ tag[16], the header (checksum zero)
 * as associated data (WIRE.md §6). The nonce is epoch ‖ stream number ‖ counter; each direction has a key and a counter of its own, and only
 * the very next counter is accepted, so a frame can be neither repeated nor moved to another place, stream or connection.
 */
export function createSealedCodec ({ host, opened, local, remote, now, firstCounter }: SealedCodecOptions): FrameCodec {
  const template = encodeHeader({ type: 0, payloadLength: 0, checksum: 0n, timestamp: 0n, nodeId: local })
  const sendNonce = new Uint8Array(NONCE_BYTES)
  const sendView = new DataView(sendNonce.buffer)
  let epoch: Epoch | undefined
  const sent = new FrameCounter(firstCounter)
  const received = new FrameCounter(firstCounter)

  function join (joined: Epoch, number: number): Epoch {
    epoch = joined
    sendView.setUint32(0, (joined.number << 24 | number) >>> 0)
    host.joined(joined)
    return joined
  }

  /** The keys to send with; the opener's stream begins with its first frame. */
  function sending (): Epoch {
    if (epoch !== undefined) return epoch
    if (!opened) throw new TosError('NO_SESSION', 'the stream has no number yet: its opener has not spoken')
    const current = host.current()
    return join(current, current.ours.draw())
  }

  function fail (code: TosErrorCode, message: string): never {
    const error = new TosError(code, message)
    host.broken(error)
    throw error
  }

  /** Checks where a frame claims to belong; nothing is believed before its tag holds. */
  function place (nonce: DataView): Epoch {
    const head = nonce.getUint32(0)
    if (!received.matches(nonce, 4)) fail('FRAME_REPLAYED', `frame ${nonce.getBigUint64(4)} of a stream whose next is ${received}`)
    if (epoch !== undefined) {
      if (head !== sendView.getUint32(0)) fail('FRAME_REPLAYED', 'a frame of another stream or epoch')
      return epoch
    }
    if (opened) fail('FRAME_REPLAYED', 'an answer on a stream that asked nothing')
    return host.epoch(head >>> 24) ?? fail('FRAME_REPLAYED', `epoch ${head >>> 24} is not in use`)
  }

  return {
    padding: 'zeros',
    fatal: FATAL,
    get stale () { return epoch !== undefined && (sent.spent || epoch !== host.current()) },
    batchFrames: BATCH_FRAMES,
    wireCap: type => paddedSize(type.maxBytes, type.privacy) + SEAL_BYTES,

    begin (writer) {
      const start = writer.reserve(HEADER_BYTES + NONCE_BYTES)
      writer.bytes.set(template, start)
      return start
    },

    finish (writer, start, type) {
      const keys = sending()
      sent.write(sendView, 4)
      const plain = start + HEADER_BYTES + NONCE_BYTES
      const size = writer.length - plain
      const padding = paddedSize(size, type.privacy) - size
      const padFrom = writer.reserve(padding + TAG_BYTES)
      const { bytes, view } = writer
      bytes.fill(0, padFrom, padFrom + padding)
      view.setUint16(start + HEADER_OFFSET.type, type.code, true)
      view.setUint32(start + HEADER_OFFSET.length, size + padding + SEAL_BYTES, true)
      const seconds = sentAt(now(), type.privacy)
      view.setUint32(start + HEADER_OFFSET.timestamp, seconds >>> 0, true)
      view.setUint32(start + HEADER_OFFSET.timestamp + 4, Math.floor(seconds / 0x1_0000_0000), true)
      bytes.set(sendNonce, start + HEADER_BYTES)
      keys.send.seal(sendNonce, bytes.subarray(start, start + HEADER_BYTES), bytes, plain, size + padding)
      writeChecksum(bytes.subarray(start + HEADER_BYTES, writer.length), bytes, start + HEADER_OFFSET.checksum)
      sent.step()
      host.used(keys, size + padding)
    },

    open (header, body, type) {
      if (!checksumMatches(body, header, HEADER_OFFSET.checksum)) fail('CORRUPT_MESSAGE', 'the checksum does not match the sealed bytes')
      if (body.length < SEAL_BYTES) fail('SEAL_BROKEN', `${body.length} bytes cannot be a sealed payload`)
      const nonce = new DataView(body.buffer, body.byteOffset, NONCE_BYTES)
      const keys = place(nonce)
      // the checksum covers the seal, so the seal cannot cover the checksum
      header.fill(0, HEADER_OFFSET.checksum, HEADER_OFFSET.checksum + 8)
      let payload: Uint8Array
      try {
        payload = keys.receive.open(body.subarray(0, NONCE_BYTES), header, body.subarray(NONCE_BYTES))
      } catch {
        return fail('SEAL_BROKEN', 'a frame failed authentication')
      }
      if (epoch === undefined) {
        const number = nonce.getUint32(0) & 0xff_ffff
        try {
          keys.theirs.claim(number)
        } catch (error) {
          host.broken(error as TosError)
          throw error
        }
        join(keys, number)
      }
      received.step()
      host.used(keys, payload.length)
      checkSender(header, remote, now(), type.privacy)
      return payload
    }
  }
}

/** High frames tell the time in steps: by the second they would tell how far off a clock is, and so who is who. */
const HIGH_STEP_S = 100

/** Unix seconds to write into a header. */
function sentAt (now: number, privacy: PrivacyLevel): number {
  return privacy === 'high' ? Math.round(now / 1000 / HIGH_STEP_S) * HIGH_STEP_S : Math.floor(now / 1000)
}

/** What an authentic frame says about its sender must be true as well; a wrong clock is no forgery. */
function checkSender (header: Uint8Array, remote: Uint8Array, now: number, privacy: PrivacyLevel): void {
  for (let i = 0; i < 32; i++) {
    if (header[HEADER_OFFSET.nodeId + i] !== remote[i]) throw new TosError('WRONG_NODE_ID', 'node_id is not the key that authenticated the connection')
  }
  let seconds = 0
  for (let i = 7; i >= 0; i--) seconds = seconds * 256 + (header[HEADER_OFFSET.timestamp + i] as number)
  const skewSeconds = Math.abs(seconds - Math.floor(now / 1000))
  // half a step is the rounding's
  if (skewSeconds > MAX_CLOCK_SKEW_S + (privacy === 'high' ? HIGH_STEP_S / 2 : 0)) throw new TosError('CLOCK_SKEW', `frame time is ${skewSeconds} s off`, { details: { skewSeconds } })
}
