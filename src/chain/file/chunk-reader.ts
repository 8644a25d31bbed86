/** Takes exact byte counts from a stream of chunks. */
export interface ChunkReader {
  /** Bytes taken so far. */
  readonly offset: number
  /** Undefined when the stream ends before `count` bytes. Rejects with the source's own error. */
  take (count: number): Promise<Uint8Array | undefined>
  /** Ends the source, which a file needs when reading stops early. */
  close (): Promise<void>
}

/** Holds at most the bytes asked for and one chunk more. */
export function createChunkReader (source: AsyncIterable<Uint8Array>): ChunkReader {
  const iterator = source[Symbol.asyncIterator]()
  let buffered: Buffer = Buffer.alloc(0)
  let offset = 0
  return {
    get offset () { return offset },
    async take (count) {
      const chunks = [buffered]
      let length = buffered.length
      while (length < count) {
        const { value, done } = await iterator.next()
        if (done === true) break
        chunks.push(Buffer.from(value.buffer, value.byteOffset, value.length))
        length += value.length
      }
      buffered = chunks.length === 1 ? buffered : Buffer.concat(chunks, length)
      if (length < count) return undefined
      const taken = buffered.subarray(0, count)
      buffered = buffered.subarray(count)
      offset += count
      return taken
    },
    async close () { await iterator.return?.() }
  }
}
