import type { MessageType } from './message.ts'

/** The pairing id of a payload that may be malformed: every message begins with it, after the tag if it has one. 0 when it is cut off. */
export function pairingId ({ tag }: MessageType<unknown>, payload: Uint8Array): bigint {
  const at = tag === undefined ? 0 : 4
  if (payload.length < at + 8) return 0n
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getBigUint64(at, true)
}
