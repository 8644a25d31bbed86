import { randomBytes } from 'node:crypto'
import type { ByteColumn } from './columns.ts'

/** Finds the row of a 32-byte key in a column of distinct keys. */
export interface HashIndex {
  /** The row that holds `key`, or -1. */
  find (key: Uint8Array): number
  /** Enters the column's newest row. */
  add (row: number): void
}

// open addressing stays fast up to about two thirds
const MAX_LOAD = 0.6
const secret = randomBytes(8)
const SEED_A = secret.readUInt32LE(0)
const SEED_B = secret.readUInt32LE(4) | 1

/**
 * Open addressing over a typed array: 4 to 8 bytes a key beside the column, against 142 for a Map of hex strings. The slot mixes
 * two words of the key with a secret of this process, because transaction ids can be ground to share any fixed bits.
 */
export function createHashIndex (keys: ByteColumn, capacity = 1024): HashIndex {
  let slots = new Uint32Array(capacity)
  let used = 0

  const slotOf = (key: Uint8Array, mask: number): number => {
    const a = word(key, 8) ^ SEED_A
    const b = word(key, 20)
    let mixed = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d) ^ Math.imul(b ^ (b >>> 13), SEED_B)
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
    return (mixed ^ (mixed >>> 15)) & mask
  }
  const place = (table: Uint32Array, row: number): void => {
    const mask = table.length - 1
    let slot = slotOf(keys.view(row), mask)
    while (table[slot] !== 0) slot = (slot + 1) & mask
    // 0 marks a free slot, so rows are stored one higher
    table[slot] = row + 1
  }

  return {
    find (key) {
      if (key.length !== keys.width) return -1
      const mask = slots.length - 1
      for (let slot = slotOf(key, mask); ; slot = (slot + 1) & mask) {
        const entry = slots[slot] as number
        if (entry === 0) return -1
        if (keys.equals(entry - 1, key)) return entry - 1
      }
    },
    add (row) {
      if (++used > slots.length * MAX_LOAD) {
        const next = new Uint32Array(slots.length * 2)
        for (const entry of slots) if (entry !== 0) place(next, entry - 1)
        slots = next
      }
      place(slots, row)
    }
  }
}

function word (key: Uint8Array, at: number): number {
  return (key[at] as number) | ((key[at + 1] as number) << 8) | ((key[at + 2] as number) << 16) | ((key[at + 3] as number) << 24)
}
