import { HASH_BYTES, sameBytes } from '../block/hash.ts'
import { HEADER_OFFSET } from '../block/header.ts'
import { createGrowingBytes, createGrowingNumbers } from './growing.ts'

/** Headers by number, in the order they came; about 200 bytes each, nothing for the garbage collector to walk. */
export interface HeaderRows {
  readonly size: number
  /** Held in typed arrays, room to grow not counted. */
  readonly bytes: number
  /** -1 when it is not held. */
  find (hash: Uint8Array): number
  hash (row: number): Uint8Array
  /** As it is hashed. */
  header (row: number): Uint8Array
  height (row: number): number
  /** Unix milliseconds. */
  timestamp (row: number): bigint
  /** Row of the selected parent, -1 for the first row of a chain. */
  parent (row: number): number
  add (hash: Uint8Array, header: Uint8Array, height: number, parent: number): number
}

const CAPACITY = 256
const MAX_LOAD = 0.6

/** Empty rows. The index mixes the hash with a secret: hashes can be ground to collide in any fixed bits. */
export function createHeaderRows (): HeaderRows {
  const [seedA = 0, seedB = 1] = crypto.getRandomValues(new Uint32Array(2))
  const hashes = createGrowingBytes(CAPACITY * HASH_BYTES)
  const headers = createGrowingBytes(CAPACITY * 160)
  const ends = createGrowingNumbers(CAPACITY)
  const heights = createGrowingNumbers(CAPACITY)
  const parents = createGrowingNumbers(CAPACITY)
  let slots = new Uint32Array(CAPACITY * 2)
  let size = 0

  const hashView = (row: number): Uint8Array => hashes.view(row * HASH_BYTES, (row + 1) * HASH_BYTES)
  const headerView = (row: number): Uint8Array => headers.view(row === 0 ? 0 : ends.get(row - 1), ends.get(row))
  const firstSlot = (hash: Uint8Array): number => {
    const mixed = Math.imul(word(hash, 8) ^ seedA, 0x2c1b3c6d) ^ Math.imul(word(hash, 20) ^ seedB, 0x45d9f3b)
    return (mixed ^ (mixed >>> 15)) & (slots.length - 1)
  }
  // 0 marks a free slot, so rows are stored one higher
  const enter = (row: number): void => {
    let slot = firstSlot(hashView(row))
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
    slots[slot] = row + 1
  }

  return {
    get size () { return size },
    get bytes () { return hashes.length + headers.length + size * 3 * 4 + slots.byteLength },
    find (hash) {
      if (hash.length !== HASH_BYTES) return -1
      for (let slot = firstSlot(hash); ; slot = (slot + 1) & (slots.length - 1)) {
        const entry = slots[slot] as number
        if (entry === 0 || sameBytes(hashView(entry - 1), hash)) return entry - 1
      }
    },
    hash: row => hashView(row).slice(),
    header: row => headerView(row).slice(),
    height: row => heights.get(row),
    timestamp (row) {
      const bytes = headerView(row)
      return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(HEADER_OFFSET.timestamp, true)
    },
    parent: row => parents.get(row) - 1,
    add (hash, header, height, parent) {
      const row = size++
      hashes.push(hash)
      headers.push(header)
      ends.set(row, headers.length)
      heights.set(row, height)
      parents.set(row, parent + 1)
      if (size > slots.length * MAX_LOAD) {
        slots = new Uint32Array(slots.length * 2)
        for (let held = 0; held < row; held++) enter(held)
      }
      enter(row)
      return row
    }
  }
}

function word (key: Uint8Array, at: number): number {
  return (key[at] as number) | ((key[at + 1] as number) << 8) | ((key[at + 2] as number) << 16) | ((key[at + 3] as number) << 24)
}
