import type { TosErrorCode } from '../errors/index.ts'
import type { ByteWriter } from '../wire/index.ts'

/** Whether zero bytes may follow the value in a payload: never in plain frames, always possible in sealed ones. */
export type FramePadding = 'none' | 'zeros'

/** Privacy level of a message type (spec "Message Types"): how much a sealed stream pads it, and whether its origin is hidden. */
export type PrivacyLevel = 'low' | 'medium' | 'high'

/** What a codec must know of a message type; `MessageType` of src/protocol fits. */
export interface FrameType {
  /** `message_type` of the header, u16. */
  readonly code: number
  /** Largest payload, bytes. */
  readonly maxBytes: number
  readonly privacy: PrivacyLevel
}

/**
 * How the frames of ONE stream are protected. `createPlainCodec` carries them in the clear with a checksum; a sealed codec puts
 * nonce, ciphertext and tag behind the same header. Reader, writer and dispatch do not know which one they use.
 */
export interface FrameCodec {
  readonly padding: FramePadding
  /**
   * Codes thrown by `open` after which nothing of the stream can be trusted: it ends at once. Empty for plain frames, where a damaged
   * frame is dropped and the next one may be good.
   */
  readonly fatal: ReadonlySet<TosErrorCode>
  /**
   * True once the stream should be replaced by a fresh one, because its keys grow old: what is under way is finished, nothing new is
   * asked on it. False for a codec just made, or every request would open another stream.
   */
  readonly stale: boolean
  /**
   * Frames of one tick after which they are sent instead of at its end. The dearer a frame, the sooner the other side should begin with
   * the first ones; `Infinity` for cheap ones, where a further write costs more than the wait.
   */
  readonly batchFrames: number
  /** Most bytes that may follow a header of this type. */
  wireCap (type: FrameType): number
  /** Opens a frame in `writer`; the caller appends the payload next. Returns what `finish` needs. */
  begin (writer: ByteWriter): number
  /** Closes the frame opened at `start`: protects the payload and fills in the header. May throw `SESSION_EXHAUSTED`, and is `stale` then: the caller takes the frame back. */
  finish (writer: ByteWriter, start: number, type: FrameType): void
  /**
   * Checks a received frame and returns its payload. `header` is 60 bytes and may be overwritten, `body` is what followed it.
   * Throws `CORRUPT_MESSAGE`, `WRONG_NODE_ID`, `CLOCK_SKEW`, or one of `fatal`.
   */
  open (header: Uint8Array, body: Uint8Array, type: FrameType): Uint8Array
}
