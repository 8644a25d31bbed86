import type { ByteWriter } from '../wire/index.ts'

/** Whether zero bytes may follow the value in a payload: never in plain frames, always possible in sealed ones. */
export type FramePadding = 'none' | 'zeros'

/**
 * How the frames of ONE stream are protected. `createPlainCodec` carries them in the clear with a checksum; a sealed codec puts
 * nonce, ciphertext and tag behind the same header. Reader, writer and dispatch do not know which one they use.
 */
export interface FrameCodec {
  readonly padding: FramePadding
  /** Most bytes that may follow a header whose type's payload cap is `cap`. */
  wireCap (cap: number): number
  /** Opens a frame in `writer`; the caller appends the payload next. Returns what `finish` needs. */
  begin (writer: ByteWriter): number
  /** Closes the frame opened at `start`: fills in the header. */
  finish (writer: ByteWriter, start: number, type: number): void
  /**
   * Checks a received frame and returns its payload. `header` is 60 bytes, `body` what followed it.
   * Throws `CORRUPT_MESSAGE`, `WRONG_NODE_ID` or `CLOCK_SKEW`.
   */
  open (header: Uint8Array, body: Uint8Array): Uint8Array
}
