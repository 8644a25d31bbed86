// reversed Castagnoli polynomial (RFC 3720 §12.1)
const POLYNOMIAL = 0x82f63b78 | 0
const SIZE = 256
const tables = makeTables()

/** CRC-32C of `bytes` from `start` to `end`, eight bytes a step: node:zlib has only the other CRC-32. */
export function crc32c (bytes: Uint8Array, start: number, end: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let crc = -1
  let at = start
  for (; at + 8 <= end; at += 8) {
    const low = crc ^ view.getInt32(at, true)
    const high = view.getInt32(at + 4, true)
    crc = entry(7, low) ^ entry(6, low >>> 8) ^ entry(5, low >>> 16) ^ entry(4, low >>> 24) ^ entry(3, high) ^ entry(2, high >>> 8) ^ entry(1, high >>> 16) ^ entry(0, high >>> 24)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ entry(0, crc ^ (bytes[at] as number))
  return ~crc >>> 0
}

function entry (table: number, byte: number): number {
  return tables[table * SIZE + (byte & 0xff)] as number
}

/** Eight tables in a row; table k says what a byte contributes with k zero bytes behind it. */
function makeTables (): Int32Array {
  const all = new Int32Array(8 * SIZE)
  for (let byte = 0; byte < SIZE; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? POLYNOMIAL : 0)
    all[byte] = crc
  }
  for (let i = SIZE; i < all.length; i++) {
    const crc = all[i - SIZE] as number
    all[i] = (crc >>> 8) ^ (all[crc & 0xff] as number)
  }
  return all
}
