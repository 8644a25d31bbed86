import { ByteWriter } from './writer.ts'

/** Values up to this many bytes are written straight into a shared slab. */
const SMALL_BYTES = 4096
const SLAB_BYTES = 64 * 1024
/** A scratch buffer above this is not kept between messages. */
const KEEP_BYTES = 16 * 1024 * 1024

let slab = new ByteWriter(SLAB_BYTES)
let scratch = new ByteWriter(SLAB_BYTES)
let busy = false

/**
 * Runs `write` and returns what it appended, in bytes of their own. `maxBytes` is the most it can append.
 * Small values are carved from a slab, as `Buffer.allocUnsafe` does; large ones keep the buffer they were written in, so that
 * neither is copied.
 */
export function collect<T> (maxBytes: number, write: (writer: ByteWriter, value: T) => void, value: T): Uint8Array {
  // A rule or a getter of the value may encode something itself.
  if (busy) return collectAlone(write, value)
  busy = true
  try {
    return maxBytes <= SMALL_BYTES ? carve(maxBytes, write, value) : fill(write, value)
  } finally {
    busy = false
  }
}

function collectAlone<T> (write: (writer: ByteWriter, value: T) => void, value: T): Uint8Array {
  const writer = new ByteWriter()
  write(writer, value)
  return writer.take()
}

function carve<T> (maxBytes: number, write: (writer: ByteWriter, value: T) => void, value: T): Uint8Array {
  if (slab.length + maxBytes > SLAB_BYTES) slab = new ByteWriter(SLAB_BYTES)
  const start = slab.length
  try {
    write(slab, value)
  } catch (error) {
    slab.length = start
    throw error
  }
  return new Uint8Array(slab.bytes.buffer, start, slab.length - start)
}

function fill<T> (write: (writer: ByteWriter, value: T) => void, value: T): Uint8Array {
  scratch.length = 0
  write(scratch, value)
  const { bytes, length } = scratch
  if (length * 4 < bytes.length * 3) return scratch.take()
  // The next large value is probably about as large.
  scratch = new ByteWriter(Math.min(KEEP_BYTES, length + (length >> 3)))
  return bytes.subarray(0, length)
}
