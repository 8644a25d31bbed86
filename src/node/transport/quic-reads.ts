/**
 * Most bytes of one read. Each waiting read holds a native buffer of its size: at 64 KiB a full connection of 64 streams holds 4 MiB,
 * at 256 KiB bulk takes another fifth less processor time, and 16 MiB are held.
 */
export const MOST_READ_BYTES = 64 * 1024

/** Reads up to so many bytes; nothing at the end of the stream. */
export type NativeRead = (bytes: number) => Promise<{ readonly length: number } | null | undefined>

/**
 * Asks for four times as much after each read that came back full, and for as little as the library does after one that did not
 * fill a quarter. The library reads 4 KiB at a time, a turn of the native queue each, which was most of the time of a bulk receiver; a
 * stream that waits for small messages keeps its small buffer.
 */
export function growingRead (read: NativeRead): NativeRead {
  let ask = 0
  return async bytes => {
    ask = Math.max(ask, bytes)
    const piece = await read(ask)
    const { length } = piece ?? { length: 0 }
    if (length === ask) ask = Math.min(ask * 4, Math.max(bytes, MOST_READ_BYTES))
    else if (length < ask / 4) ask = bytes
    return piece
  }
}
